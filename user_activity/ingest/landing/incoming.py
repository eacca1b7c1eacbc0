"""The ``incoming`` folder, where files wait for ingestion, and the archive."""

import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from user_activity.files import aside, take_away
from user_activity.ingest.landing.open_files import writers
from user_activity.ingest.readers.files import sha256_of, shown
from user_activity.settings import Settings
from user_activity.sources import SOURCES

_NOT_YET = (".tmp", ".part", ".crdownload")
_LONGEST_NAME = 255
_KEPT_ENDING = 16


@dataclass(frozen=True)
class LandedFile:
    """A file that waits in ``incoming``.

    ``problem`` says why the whole file will be rejected, if that is already known; ``misplaced_on`` is the date of its
    folder if that date is no partition; ``changed_at`` (epoch seconds) is when it was last written, renamed or moved.
    """

    path: Path
    source: str
    landing_date: date
    size: int
    mtime_ns: int
    problem: str | None = None
    misplaced_on: date | None = None
    changed_at: float = 0

    @property
    def name(self) -> str:
        """The file's name as text."""
        return shown(self.path.name)


@dataclass(frozen=True)
class LandResult:
    """The path of a landed file, and whether it had already landed."""

    path: Path
    landing_date: date
    already_landed: bool


def utc_today() -> date:
    """Today's UTC date. It is used for scheduling only, never for validation."""
    return datetime.now(UTC).date()


def scan(settings: Settings, source: str | None = None, settle_seconds: float = 0) -> list[LandedFile]:
    """All waiting files, sorted by source, landing date and name, but those that a process is still writing.

    With ``settle_seconds``, only files that have not changed for that many seconds.
    """
    found = [file for name in ([source] if source else SOURCES) for file in _waiting(name, settings)]
    found.sort(key=lambda file: (file.source, file.landing_date, os.fsencode(file.path)))
    newest, written = time.time() - settle_seconds, writers(file.path for file in found)
    return [file for file in found if file.path not in written and (not settle_seconds or file.changed_at <= newest)]


def being_written(settings: Settings) -> dict[Path, int]:
    """The waiting files that are not ingested yet because a process is still writing them, with its id."""
    return writers(file.path for name in SOURCES for file in _waiting(name, settings))


def folders(settings: Settings, source: str) -> Iterator[tuple[date | None, list["os.DirEntry[str]"] | OSError]]:
    """The folders in which a source's files wait: its own (None), then those of dates.

    Each has its entries, without the folders of dates; or, if it cannot be listed, the reason.
    """
    own = settings.incoming_dir / source
    if not own.is_dir():
        return
    dated: dict[date, os.DirEntry[str]] = {}
    rest: list[os.DirEntry[str]] = []
    try:
        for entry in entries(own):
            day = date_of(entry.name)
            if day and entry.is_dir(follow_symlinks=False):
                dated[day] = entry
            else:
                rest.append(entry)
    except OSError as error:
        yield None, error
    yield None, rest
    for day, entry in dated.items():
        try:
            yield day, list(entries(Path(entry.path)))
        except OSError as error:
            yield day, error


def _waiting(source: str, settings: Settings) -> Iterator[LandedFile]:
    for day, found in folders(settings, source):
        for entry in found if isinstance(found, list) else ():
            # Its sender has renamed it meanwhile, or the folder's files cannot be reached (see ``passed_over``).
            with suppress(FileNotFoundError, PermissionError):
                yield _landed(entry, source, day, settings)


def entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    """The entries of a folder, without hidden ones and those whose name says that they are still being written."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith((".", "_")) and not entry.name.lower().endswith(_NOT_YET):
                yield entry


def date_of(name: str) -> date | None:
    """The date that is the name of a folder; None if the name is something else."""
    try:
        return date.fromisoformat(name) if len(name) == len("2026-01-31") else None
    except ValueError:
        return None


def nearest_partition(settings: Settings, landing_date: date) -> date:
    """The given date, limited to the dates on which files can land: from the start date to tomorrow (UTC)."""
    return min(max(landing_date, settings.start_date), utc_today() + timedelta(days=1))


def _landed(entry: "os.DirEntry[str]", source: str, day: date | None, settings: Settings) -> LandedFile:
    status = entry.stat(follow_symlinks=False)
    asked = day or datetime.fromtimestamp(status.st_mtime, UTC).date()
    valid = nearest_partition(settings, asked)
    misplaced_on = asked if asked != valid else None
    return LandedFile(
        Path(entry.path), source, valid, status.st_size, status.st_mtime_ns,
        problem_of(status.st_mode, source, misplaced_on), misplaced_on, max(status.st_mtime, status.st_ctime),
    )  # fmt: skip


def problem_of(mode: int, source: str, misplaced_on: date | None) -> str | None:
    """Why the entry is not read at all (its type, or its folder); None if it can be read."""
    if stat.S_ISLNK(mode):
        return "is a symbolic link, which is never followed: put the file itself here"
    if stat.S_ISDIR(mode):
        return f"is a folder: put its files into incoming/{source}/<YYYY-MM-DD>/"
    if not stat.S_ISREG(mode):
        return "is no regular file: put a file here"
    if misplaced_on:
        return (
            f"landed on {misplaced_on}, which is no partition: put it into incoming/{source}/<YYYY-MM-DD>/ "
            "with a date from the start date to tomorrow"
        )
    return None


def land(settings: Settings, path: Path, source: str, landing_date: date | None = None) -> LandResult:
    """Copy a file into ``incoming`` atomically; files that landed on that date before are not overwritten."""
    day = landing_date or utc_today()
    digest = sha256_of(path)
    archived = next(archive_folder(settings, source, day).glob(f"{digest[:16]}-*"), None)
    folder = settings.incoming_dir / source / day.isoformat()
    target = folder / path.name.lstrip("._")
    if archived or (target.is_file() and sha256_of(target) == digest):
        return LandResult(archived or target, day, already_landed=True)
    if target.exists():
        target = folder / f"{digest[:8]}-{target.name}"
    with aside(folder) as temporary:
        shutil.copyfile(path, temporary)
        os.replace(temporary, target)
    return LandResult(target, day, already_landed=False)


def archive_folder(settings: Settings, source: str, landing_date: date) -> Path:
    """The folder with the original files of a landing date."""
    return settings.archive_dir / source / landing_date.isoformat()


def withdrawn_folder(settings: Settings, source: str, landing_date: date) -> Path:
    """The folder with the withdrawn original files of a landing date."""
    return settings.data_dir / "withdrawn" / source / landing_date.isoformat()


def archive_name(sha256: str, name: str) -> str:
    """The name of a file in the archive. The file's own name can be decoded from it (a very long one is shortened)."""
    quoted = quote(os.fsencode(name), safe=" ()+,=@")
    head = _LONGEST_NAME - len(f"{sha256[:16]}-") - _KEPT_ENDING
    return f"{sha256[:16]}-{quoted if len(quoted) <= head else quoted[:head] + quoted[-_KEPT_ENDING:]}"


def original_name(archived: str) -> str:
    """The file's own name, decoded from its name in the archive."""
    return os.fsdecode(unquote_to_bytes(archived.partition("-")[2]))


def move_to_archive(path: Path, target: Path, umask: str) -> None:
    """Move an original file and apply the umask to it. If the target already exists, delete the file instead."""
    if path == target:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_file() and not path.is_symlink():
        path.unlink()
    else:
        shutil.move(path, target)
        take_away(umask, target)
