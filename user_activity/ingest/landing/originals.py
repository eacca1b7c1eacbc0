"""The files of a landing date: those waiting in ``incoming`` and those in the archive, without duplicates."""

import hashlib
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from user_activity.ingest.lake.manifest import Entry
from user_activity.ingest.landing import incoming
from user_activity.ingest.readers.files import FileProblem, InputFile, form_of, sha256_of, shown
from user_activity.settings import Settings


@dataclass(frozen=True)
class Original:
    """A file as it landed.

    If ``problem`` is a ``FileProblem``, the whole file is rejected. With any other exception, it cannot be read for
    now.
    """

    file: InputFile
    archive: str
    """Its name in the archive."""
    problem: Exception | None = None
    waiting: bool = True

    @property
    def identity(self) -> tuple[str, str, bool]:
        """The deduplication key of a date's files: content, format, and whether the file has a problem."""
        return self.file.sha256, "".join(form_of(self.file.name)), self.problem is not None

    @property
    def is_unchanged(self) -> bool:
        """Whether the file's size and modification time are the same as when its digest was computed."""
        try:
            status = self.file.path.lstat()
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.file.size_bytes, self.file.mtime_ns)


def originals(
    settings: Settings, source: str, day: date, waiting: Sequence[incoming.LandedFile], known: Iterable[Entry]
) -> Iterator[Original]:
    """All files of a date, sorted so that the first of several equal files is the one to keep."""
    entries = {entry.archive: entry for entry in known}
    folder = incoming.archive_folder(settings, source, day)
    kept = folder.iterdir() if folder.is_dir() else ()
    found = [*(_archived(path, source, day, entries.get(path.name)) for path in kept), *map(_waiting, waiting)]
    return iter(sorted(found, key=lambda original: (original.file.name, original.waiting)))


def _waiting(landed: incoming.LandedFile) -> Original:
    problem: Exception | None = FileProblem("file_misplaced", landed.problem) if landed.problem else None
    try:
        digest = _digest(landed.path, landed.name, landed.mtime_ns)
    except OSError as error:
        digest, problem = _digest_of_place(landed.name, landed.mtime_ns), error
    file = InputFile(landed.path, landed.name, digest, landed.landing_date, landed.size, landed.mtime_ns)
    # The archive name of a misplaced file includes the wrong date, so that the file can be validated again from there.
    name = f"{landed.misplaced_on}/{landed.path.name}" if landed.misplaced_on else landed.path.name
    return Original(file, incoming.archive_name(digest, name), problem)


def _archived(path: Path, source: str, day: date, entry: Entry | None) -> Original:
    status = path.lstat()
    asked, _, original = incoming.original_name(path.name).rpartition("/")
    misplaced = incoming.problem_of(status.st_mode, source, date.fromisoformat(asked) if asked else None)
    problem: Exception | None = FileProblem("file_misplaced", misplaced) if misplaced else None
    name = entry.file_name if entry else shown(original)
    try:
        digest = entry.file_sha256 if entry else _digest(path, name, status.st_mtime_ns)
    except OSError as error:
        digest, problem = _digest_of_place(name, status.st_mtime_ns), error
    file = InputFile(path, name, digest, day, status.st_size, status.st_mtime_ns)
    return Original(file, path.name, problem, waiting=False)


def _digest(path: Path, name: str, mtime_ns: int) -> str:
    return sha256_of(path) if stat.S_ISREG(path.lstat().st_mode) else _digest_of_place(name, mtime_ns)


def _digest_of_place(name: str, mtime_ns: int) -> str:
    """A digest for entries that have no content to hash."""
    return hashlib.sha256(f"{name} {mtime_ns}".encode()).hexdigest()
