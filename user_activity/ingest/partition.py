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
from datetime import date
from pathlib import Path

from user_activity.ingest import landing, manifest
from user_activity.ingest.decoding import picks
from user_activity.ingest.loading import Loader
from user_activity.ingest.manifest import Entry, Manifest
from user_activity.ingest.originals import Original, originals
from user_activity.ingest.result import PartitionResult
from user_activity.settings import Settings
from user_activity.sources import SOURCES, Source

VERSION = 1
"""Goes up when the code makes other rows out of the same files, so that they are read again."""

BATCH_FILES, BATCH_BYTES = 2_000, 512 * 1024**2


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
            builder.read_files, seconds, settings.lake_dir,
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
        return list(originals(self._settings, self._source.name, day, landed, self._known(day)))

    def _known(self, day: date) -> tuple[Entry, ...]:
        known = manifest.read(self._settings, self._source.name, day)
        return known.files if known else ()

    def _build(self, group: dict[date, list[Original]]) -> dict[date, Manifest]:
        to_load: list[Original] = []
        kept: dict[date, list[tuple[Original, Entry]]] = {}
        for day, found in group.items():
            known = {(entry.archive, entry.file_sha256): entry for entry in self._known(day)}
            chosen: dict[tuple[str, str, bool], Original] = {}
            for original in found:
                chosen.setdefault(original.identity, original)
            kept[day] = []
            for original in chosen.values():
                entry = known.get((original.archive, original.file.sha256))
                if entry and self._stands(entry, original):
                    kept[day].append((original, entry))
                else:
                    to_load.append(original)
        for original, entry in zip(to_load, self._loader.load(to_load), strict=True):
            self.read_files.add(entry.part_id)
            kept[original.file.landing_date].append((original, entry))
        return {day: made for day, found in group.items() if (made := self._commit(day, kept[day], found))}

    def _stands(self, entry: Entry, original: Original) -> bool:
        """Whether what is in the lake is what reading the file now would give."""
        names = [name for name in (entry.part, entry.quarantine) if name]
        current = all(Path(name).stem == self._loader.part_id(original) for name in names)
        return current and not self._rebuild and all((self._settings.lake_dir / name).exists() for name in names)

    def _commit(self, day: date, kept: list[tuple[Original, Entry]], found: list[Original]) -> Manifest | None:
        """First the manifest, then the originals: a kill in between leaves files that the next call only moves."""
        # A file that somebody still writes to stays where it is, for the next call.
        settled = [(original, entry) for original, entry in kept if not original.waiting or original.is_unchanged]
        if not settled:
            return None
        entries = sorted((entry for _, entry in settled), key=lambda entry: (entry.file_name, entry.file_sha256))
        made = Manifest(self._source.name, day, self._recipe, tuple(entries))
        if made != manifest.read(self._settings, self._source.name, day):
            manifest.commit(self._settings, made)
        folder = landing.archive_folder(self._settings, self._source.name, day)
        archives = {original.identity: folder / original.archive for original, _ in settled}
        for original in found:
            if original.identity in archives:
                landing.move_to_archive(original.file.path, archives[original.identity])
        return made
