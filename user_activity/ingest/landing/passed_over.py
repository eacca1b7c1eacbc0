"""Entries of ``incoming`` that are not ingested: misplaced, in a folder that cannot be read, or still being written."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from user_activity.ingest.landing.incoming import being_written, entries, folders
from user_activity.ingest.readers.files import shown
from user_activity.settings import Settings
from user_activity.sources import SOURCES


@dataclass(frozen=True)
class PassedOver:
    """A file or folder that is not ingested; ``nearest`` is its source, or the one with the most similar name.

    ``sentence`` says what is wrong and what to do.
    """

    path: Path
    nearest: str
    sentence: str


def passed_over(settings: Settings) -> list[PassedOver]:
    """All such entries, sorted by name; empty folders are left out."""
    if not settings.incoming_dir.is_dir():
        return []
    found = []
    for entry in sorted(entries(settings.incoming_dir), key=lambda entry: entry.name):
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name not in SOURCES and not (is_folder and _is_empty(Path(entry.path))):
            (nearest,) = get_close_matches(entry.name.lower(), SOURCES, 1, cutoff=0)
            place = f"incoming/{shown(entry.name)}"
            what = (
                f"{place}/ is no source's folder, and what is in it"
                if is_folder
                else f"{place}, in no source's folder,"
            )
            sentence = f"{what} is not ingested: move it into the folder of its source (incoming/{nearest}/?)."
            found.append(PassedOver(Path(entry.path), nearest, sentence))
    return [*found, *_unreadable(settings), *_still_written(settings)]


def _still_written(settings: Settings) -> Iterator[PassedOver]:
    """The files that wait until the process that writes them closes them."""
    for path, process in sorted(being_written(settings).items()):
        place = path.relative_to(settings.incoming_dir)
        sentence = (
            f"incoming/{shown(str(place))} is still being written by process {process}, and is not ingested: "
            "the next run ingests it once it is closed."
        )
        yield PassedOver(path, place.parts[0], sentence)


def _is_empty(folder: Path) -> bool:
    """Whether a folder has no entries, or none that may be seen."""
    try:
        return next(entries(folder), None) is None
    except OSError:
        return True


def _error_of(found: "list[os.DirEntry[str]] | OSError") -> OSError | None:
    """Why the files of a folder cannot be reached; None if they can."""
    if isinstance(found, OSError):
        return found
    for entry in found:
        try:
            entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        except OSError as error:
            return error
    return None


def _unreadable(settings: Settings) -> Iterator[PassedOver]:
    """The folders of sources and their dates that cannot be listed."""
    for source in SOURCES:
        for day, found in folders(settings, source):
            if error := _error_of(found):
                place = f"{source}/{day}" if day else source
                sentence = (
                    f"incoming/{place}/ cannot be read ({error.strerror}), and what is in it is not "
                    "ingested: correct the permissions of the folder."
                )
                yield PassedOver(settings.incoming_dir / place, source, sentence)
