"""Building raw: from the files of landing dates to parts, quarantine and manifests. The entry point is ``ingest``."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from user_activity.files import bring_to_disk
from user_activity.ingest.lake import manifest
from user_activity.ingest.lake.corrections import Corrections
from user_activity.ingest.lake.manifest import Entry, Manifest
from user_activity.ingest.landing import incoming
from user_activity.ingest.landing.originals import Original, originals
from user_activity.ingest.partition.faults import FilesNotRead, fault
from user_activity.ingest.partition.load import Loader
from user_activity.ingest.partition.recipe import MIXED, recipe
from user_activity.ingest.partition.replayed import RejectedBefore
from user_activity.ingest.partition.result import PartitionResult
from user_activity.ingest.partition.work import only_one
from user_activity.settings import Settings
from user_activity.sources import SOURCES, Source


class OriginalMissing(Exception):
    """A file without which its date would be wrong is missing from the archive; the message says what to do."""


Waiting = Mapping[date, Sequence[incoming.LandedFile]]
Kept = list[tuple[Original, Entry]]

BATCH_FILES, BATCH_BYTES = 2_000, 512 * 1024**2


def ingest(
    settings: Settings, source_name: str, dates: Iterable[date], *, rebuild: bool = False
) -> list[PartitionResult]:
    """Build raw for the partitions of these dates; returns one result per partition.

    Files that were read with the current recipe are not read again unless ``rebuild`` is set. The result also includes
    partitions with records that these files repaired. Raises :class:`FilesNotRead` after all other files are ingested.
    """
    source = SOURCES[source_name]
    partitions = sorted({source.partition_of(day) for day in dates})
    days = [day for partition in partitions for day in source.landing_dates(partition)]
    started = time.monotonic()
    with only_one(settings, source_name) as work_dir:
        waiting: dict[date, list[incoming.LandedFile]] = {}
        for file in incoming.scan(settings, source_name):
            waiting.setdefault(file.landing_date, []).append(file)
        builder = _Builder(settings, source, work_dir, waiting, rebuild)
        builder.build(days)
    repairs = Corrections(settings, source_name)
    partitions = sorted({*partitions, *map(source.partition_of, builder.repaired_dates(repairs))})
    seconds = (time.monotonic() - started) / max(len(partitions), 1)
    results = [
        PartitionResult(
            source_name, partition, found, seconds, settings.lake_dir,
            rows_open=sum(map(repairs.rows_open, found)),
        )
        for partition in partitions
        for found in (tuple(_found(settings, source, partition)),)
    ]  # fmt: skip
    if builder.faults:
        raise FilesNotRead([builder.faults[path] for path in sorted(builder.faults)], results)
    return results


def _found(settings: Settings, source: Source, partition: date) -> Iterator[Manifest]:
    for day in source.landing_dates(partition):
        if found := manifest.read(settings, source.name, day):
            yield found


def _without_growing(kept: Kept) -> Kept:
    """Without files that are still being written: they stay in place for the next call."""
    return [(original, entry) for original, entry in kept if not original.waiting or original.is_unchanged]


class _Builder:
    def __init__(self, settings: Settings, source: Source, work_dir: Path, waiting: Waiting, rebuild: bool) -> None:
        self._settings = settings
        self._source = source
        self._work_dir = work_dir
        self._waiting = waiting
        self._rebuild = rebuild
        self._recipe = recipe(source, settings)
        self._loader = Loader(settings, source, work_dir, self._recipe)
        self._touched: set[date] = set()
        self._not_read_again: set[date] = set()
        self.read_files: set[str] = set()
        self.faults: dict[Path, str] = {}

    def build(self, days: Iterable[date]) -> None:
        """Update the manifests of these dates, in batches of dates."""
        group: dict[date, list[Original]] = {}
        files = size = 0
        for day in days:
            group[day] = self._originals(day)
            files += len(group[day])
            size += sum(original.file.size_bytes for original in group[day])
            if files >= BATCH_FILES or size >= BATCH_BYTES:
                self._build(group)
                group, files, size = {}, 0, 0
        self._build(group)

    def repaired_dates(self, repairs: Corrections) -> set[date]:
        """The landing dates of the records that the files read now replace."""
        return self._touched | repairs.landing_dates(self.read_files)

    def _originals(self, day: date) -> list[Original]:
        landed = self._waiting.get(day, [])
        return list(originals(self._settings, self._source.name, day, landed, self._known(day)))

    def _known(self, day: date) -> tuple[Entry, ...]:
        known = manifest.read(self._settings, self._source.name, day)
        return known.files if known else ()

    def _build(self, group: dict[date, list[Original]]) -> None:
        """Commit the manifests first, then archive the files.

        After a kill in between, the next call only moves the files.
        """
        kept = self._commit(group)
        # A record must not be accepted twice: if its repaired version was accepted, read the original's file again.
        repairs = Corrections(self._settings, self._source.name)
        unheeded = {found.landing_date for found in self._manifests() if not all(map(repairs.are_heeded, found.files))}
        self._touched |= unheeded
        again = {day: group.get(day) or self._originals(day) for day in sorted(unheeded)}
        if again:
            kept |= self._commit(again)
        for day, found in (group | again).items():
            folder = incoming.archive_folder(self._settings, self._source.name, day)
            archives = {original.identity: folder / original.archive for original, _ in kept.get(day, ())}
            for original in found:
                if original.identity in archives:
                    self._move(original, archives[original.identity])

    def _move(self, original: Original, target: Path) -> None:
        try:
            incoming.move_to_archive(original.file.path, target, self._settings.umask)
        except OSError as error:
            self._collect_fault(original, error)

    def _collect_fault(self, original: Original, error: Exception) -> None:
        if not original.waiting or original.is_unchanged:  # otherwise it is gone, or still being written
            self.faults[original.file.path] = fault(original.file.name, error)

    def _manifests(self) -> Iterator[Manifest]:
        return manifest.all_of(self._settings, self._source.name)

    def _commit(self, group: dict[date, list[Original]]) -> dict[date, Kept]:
        """Read the files that need it and commit the manifests; returns the files and entries per date."""
        repairs = Corrections(self._settings, self._source.name)
        memory = RejectedBefore(self._settings, self._source.name, self._work_dir)
        to_load: list[Original] = []
        kept: dict[date, Kept] = {}
        missing: dict[date, list[Entry]] = {}
        for day, found in group.items():
            known = {(entry.archive, entry.file_sha256): entry for entry in self._known(day)}
            chosen: dict[tuple[str, str, bool], Original] = {}
            for original in found:
                chosen.setdefault(original.identity, original)
            kept[day] = []
            for original in chosen.values():
                entry = known.get((original.archive, original.file.sha256))
                if entry and self._is_current(entry, original, repairs):
                    kept[day].append((original, entry))
                else:
                    to_load.append(original)
            missing[day] = self._missing_entries(day, found, repairs)
            standing = [*missing[day], *(entry for _, entry in kept[day])]
            memory.remember(day, [entry for entry in self._known(day) if entry not in standing])
        written: list[str] = []
        loaded, faults = self._loader.load(to_load, repairs.accepted_for)
        spared: dict[date, list[Entry]] = {day: [] for day in group}
        for original, error in faults.items():  # rows that the lake already has from this file stay unchanged
            self._collect_fault(original, error)
            day = original.file.landing_date
            spared[day] += [entry for entry in self._known(day) if entry.archive == original.archive]
        for original, read in loaded.items():
            day = original.file.landing_date
            entry = memory.carried_to(day, read)
            self.read_files.add(entry.part_id)
            kept[day].append((original, entry))
            written += entry.parts
        # Flush the parts first, so that even after a power failure a manifest only names complete parts.
        bring_to_disk(self._settings.lake_dir / name for name in written)
        settled = {day: _without_growing(read) for day, read in kept.items()}
        manifest.commit(self._settings, self._changed_manifests(settled, missing, spared))
        for day in group:
            if self._known(day) and not (kept[day] or missing[day] or spared[day]):
                manifest.forget(self._settings, self._source.name, day)
        return {day: entries for day, entries in settled.items() if entries}

    def _missing_entries(self, day: date, found: Sequence[Original], repairs: Corrections) -> list[Entry]:
        """Files that were deleted from the archive without being withdrawn. Their rows are kept."""
        there = {original.file.sha256 for original in found}
        known = manifest.read(self._settings, self._source.name, day)
        gone = [entry for entry in self._known(day) if entry.file_sha256 not in there]
        gone = [entry for entry in gone if not self._is_withdrawn(day, entry)]
        for entry in gone:
            parts = [self._settings.lake_dir / name for name in entry.parts]
            as_read = known and known.recipe == self._recipe and all(part.exists() for part in parts)
            if as_read and repairs.are_heeded(entry) and not self._rebuild:
                continue
            path = incoming.archive_folder(self._settings, self._source.name, day) / entry.archive
            sentence = (
                f"{path} is missing, and must be read again with the other files of {day}. "
                f"Restore it from a backup, or withdraw its rows: user-activity withdraw {entry.file_name!r} "
                f"--source {self._source.name} --date {day}."
            )
            # Otherwise a record and its correction would both be accepted, or a manifest would name a missing part.
            if not repairs.are_heeded(entry) or not all(part.exists() for part in parts):
                raise OriginalMissing(sentence)
            self.faults[path] = sentence
            if not as_read:
                self._not_read_again.add(day)
        return gone

    def _is_current(self, entry: Entry, original: Original, repairs: Corrections) -> bool:
        """Whether reading the file now would produce exactly what the lake already has."""
        part_id = self._loader.part_id(original, entry.withheld)
        current = all(Path(name).stem == part_id for name in (entry.part, entry.quarantine) if name)
        there = all((self._settings.lake_dir / name).exists() for name in entry.parts)
        return current and there and not self._rebuild and repairs.are_heeded(entry)

    def _changed_manifests(
        self,
        settled: Mapping[date, Kept],
        missing: Mapping[date, list[Entry]],
        spared: Mapping[date, list[Entry]],
    ) -> Iterator[Manifest]:
        """The manifests that differ from those on disk."""
        for day, found in settled.items():
            before = manifest.read(self._settings, self._source.name, day)
            entries = [*missing[day], *spared[day], *(entry for _, entry in found)]
            entries.sort(key=lambda entry: (entry.file_name, entry.file_sha256))
            recipe = MIXED if spared[day] or day in self._not_read_again else self._recipe
            made = Manifest(self._source.name, day, recipe, tuple(entries))
            if found and made != before:
                yield made

    def _is_withdrawn(self, day: date, entry: Entry) -> bool:
        """Whether the file was withdrawn."""
        folder = incoming.withdrawn_folder(self._settings, self._source.name, day)
        return os.path.lexists(folder / entry.archive)
