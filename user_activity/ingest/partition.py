"""Building raw: from the files of landing dates to parts, quarantine and manifests. The one door is ``ingest``.

Belongs here: which files make up a date, that each is read once, and the order of writing that survives any kill.
Does not belong here: reading and judging (``reading``), the formats of what is written (``parts``, ``manifest``).
"""

import fcntl
import hashlib
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from user_activity.ingest import landing, manifest
from user_activity.ingest.decoding import picks
from user_activity.ingest.files import InputFile, sha256_of, shown
from user_activity.ingest.loading import Loader
from user_activity.ingest.manifest import Entry, Manifest
from user_activity.ingest.result import PartitionResult
from user_activity.settings import Settings
from user_activity.sources import SOURCES, Source

VERSION = 1
"""Goes up when the code makes other rows out of the same files, so that they are read again."""

BATCH_FILES, BATCH_BYTES = 2_000, 512 * 1024**2


@dataclass(frozen=True)
class Original:
    """A file that belongs to a date: waiting in ``incoming``, or in the archive already."""

    file: InputFile
    problem: str | None = None
    waiting: bool = True


def recipe(source: Source, settings: Settings) -> str:
    """A digest of all that decides which rows a file gives, besides the file."""
    parts: list[object] = [VERSION, settings.max_line_bytes, sorted(picks(source, settings).items()), source.rules]
    parts += [(name, kind.sql("x", settings)) for name, kind in source.kinds.items()]
    parts += [(name, fill.sql(settings)) for name, fill in source.fills.items()]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


def ingest(
    settings: Settings, source_name: str, dates: Iterable[date], *, rebuild: bool = False
) -> list[PartitionResult]:
    """Build raw for the partitions that these dates belong to; one result a partition.

    Files that were read under the current recipe are not read again, unless ``rebuild`` asks for it.
    """
    source = SOURCES[source_name]
    partitions = sorted({source.partition_of(day) for day in dates})
    days = [day for partition in partitions for day in source.landing_dates(partition)]
    started = time.monotonic()
    with _only_one(settings, source_name) as work_dir:
        waiting: dict[date, list[landing.LandedFile]] = {}
        for file in landing.scan(settings, source_name):
            waiting.setdefault(file.landing_date, []).append(file)
        builder = _Builder(settings, source, work_dir, rebuild)
        built = builder.build({day: waiting.get(day, []) for day in days})
    seconds = (time.monotonic() - started) / max(len(partitions), 1)
    return [
        PartitionResult(
            source_name, partition, tuple(built[day] for day in source.landing_dates(partition) if day in built),
            builder.read_files & {entry.part_id for day in source.landing_dates(partition) if day in built
                                  for entry in built[day].files}, seconds, settings.lake_dir,
        )
        for partition in partitions
    ]  # fmt: skip


@contextmanager
def _only_one(settings: Settings, source: str) -> Iterator[Path]:
    """One process at a time builds a source; a work folder that a killed one left behind is emptied."""
    work_dir = settings.lake_dir / ".work" / source
    work_dir.parent.mkdir(parents=True, exist_ok=True)
    with (work_dir.parent / f"{source}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(work_dir, ignore_errors=True)
        work_dir.mkdir()
        try:
            yield work_dir
        finally:
            shutil.rmtree(work_dir, ignore_errors=True)


class _Builder:
    def __init__(self, settings: Settings, source: Source, work_dir: Path, rebuild: bool) -> None:
        self._settings = settings
        self._source = source
        self._rebuild = rebuild
        self._recipe = recipe(source, settings)
        self._loader = Loader(settings, source, work_dir, self._recipe)
        self.read_files: set[str] = set()

    def build(self, waiting: dict[date, list[landing.LandedFile]]) -> dict[date, Manifest]:
        """Bring the manifests of these dates up to date, some dates at a time."""
        built: dict[date, Manifest] = {}
        group: dict[date, list[Original]] = {}
        files = size = 0
        for day, landed in waiting.items():
            group[day] = self._originals(day, landed)
            files += len(group[day])
            size += sum(original.file.size_bytes for original in group[day])
            if files >= BATCH_FILES or size >= BATCH_BYTES:
                built |= self._build(group)
                group, files, size = {}, 0, 0
        return built | self._build(group)

    def _originals(self, day: date, landed: Sequence[landing.LandedFile]) -> list[Original]:
        """Every file of a date: those that wait, and those in the archive."""
        found = [_waiting(file) for file in landed]
        folder = landing.archive_folder(self._settings, self._source.name, day)
        names = {entry.archive: entry for entry in self._known(day)}
        for path in folder.iterdir() if folder.is_dir() else []:
            entry = names.get(path.name)
            found.append(_archived(path, day, entry))
        return found

    def _known(self, day: date) -> tuple[Entry, ...]:
        known = manifest.read(self._settings, self._source.name, day)
        return known.files if known else ()

    def _build(self, group: dict[date, list[Original]]) -> dict[date, Manifest]:
        to_load: list[Original] = []
        kept: dict[date, list[Entry]] = {}
        for day, originals in group.items():
            known = {entry.file_sha256: entry for entry in self._known(day)}
            chosen: dict[str, Original] = {}
            for original in sorted(originals, key=lambda o: (o.file.name, not o.waiting)):
                chosen.setdefault(original.file.sha256, original)
            kept[day] = []
            for sha256, original in chosen.items():
                entry = known.get(sha256)
                if entry and entry.file_name == original.file.name and self._is_current(entry):
                    kept[day].append(entry)
                else:
                    to_load.append(original)
        loaded = self._loader.load([(original.file, original.problem) for original in to_load])
        self.read_files |= {entry.part_id for _, entry in loaded}
        for file, entry in loaded:
            kept[file.landing_date].append(entry)
        return {day: found for day, originals in group.items() if (found := self._commit(day, kept[day], originals))}

    def _is_current(self, entry: Entry) -> bool:
        names = [name for name in (entry.part, entry.quarantine) if name]
        fresh = all(Path(name).stem.endswith(f"-{self._recipe}") for name in names)
        return fresh and not self._rebuild and all((self._settings.lake_dir / name).exists() for name in names)

    def _commit(self, day: date, entries: list[Entry], originals: list[Original]) -> Manifest | None:
        if not entries:
            return manifest.read(self._settings, self._source.name, day)
        ordered = tuple(sorted(entries, key=lambda entry: (entry.file_name, entry.file_sha256)))
        made = Manifest(self._source.name, day, self._recipe, ordered)
        if made != manifest.read(self._settings, self._source.name, day):
            manifest.commit(self._settings, made)
        folder = landing.archive_folder(self._settings, self._source.name, day)
        names = {entry.file_sha256: entry.archive for entry in ordered}
        for original in originals:
            if original.waiting and original.file.sha256 in names:
                landing.move_to_archive(original.file.path, folder / names[original.file.sha256])
        return made


def _waiting(landed: landing.LandedFile) -> Original:
    sha256 = hashlib.sha256(f"{landed.name} {landed.mtime_ns}".encode()).hexdigest() if landed.problem else ""
    problem = landed.problem
    if not landed.path.is_symlink() and landed.path.is_file():
        try:
            sha256 = sha256_of(landed.path)
        except OSError as error:
            problem = f"cannot be read ({error.strerror}): correct its permissions and send it again"
    file = InputFile(landed.path, landed.name, sha256, landed.landing_date, landed.size, landed.mtime_ns)
    return Original(file, problem)


def _archived(path: Path, day: date, entry: Entry | None) -> Original:
    status = path.lstat()
    name = entry.file_name if entry else shown(landing.original_name(path.name))
    sha256 = (
        entry.file_sha256 if entry else (sha256_of(path) if path.is_file() and not path.is_symlink() else path.name)
    )
    file = InputFile(path, name, sha256, day, status.st_size, status.st_mtime_ns)
    return Original(file, entry.problem if entry else None, waiting=False)
