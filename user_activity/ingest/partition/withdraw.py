"""Withdrawing a landed file: it is moved out of the archive; its rows are deleted when its date is next ingested."""

from datetime import date

from user_activity.ingest.lake import manifest
from user_activity.ingest.lake.manifest import Entry
from user_activity.ingest.landing import incoming
from user_activity.ingest.partition.work import only_one
from user_activity.settings import Settings


def landed_as(settings: Settings, source: str, day: date, name: str) -> list[Entry]:
    """The files of a landing date that have this name, or whose digest starts with it."""
    found = manifest.read(settings, source, day)
    return [entry for entry in (found.files if found else ()) if entry.file_name == name or _is_digest(entry, name)]


def move_out_of_archive(settings: Settings, source: str, day: date, entries: list[Entry]) -> None:
    """Move the originals of these files out of the archive. After a kill, the next call moves the rest."""
    with only_one(settings, source):
        for entry in entries:
            path = incoming.archive_folder(settings, source, day) / entry.archive
            target = incoming.withdrawn_folder(settings, source, day) / entry.archive
            if path.exists() or path.is_symlink():
                incoming.move_to_archive(path, target, settings.umask)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(f"{entry.file_name} was missing in the archive when it was withdrawn.\n")


def _is_digest(entry: Entry, name: str) -> bool:
    return len(name) >= len("91ac1349") and entry.file_sha256.startswith(name.lower())
