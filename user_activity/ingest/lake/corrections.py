"""Repairs: which quarantined records others were sent for, and stand in their place.

An exported record carries the id of the one it stands for; whatever file it comes back in, its part remembers that id.
So what took a record's place is told by what has landed alone: any order, any repetition, any kill gives the same.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from user_activity.files import aside
from user_activity.ingest.lake import manifest
from user_activity.ingest.lake.manifest import Entry, Manifest
from user_activity.ingest.readers.batches import array, texts
from user_activity.ingest.readers.files import form_of
from user_activity.settings import Settings

FIELD = "_quarantine_id"
"""The field of a record that says for which one it was sent; it belongs to no contract and is kept in no property."""

ID = "[0-9a-f]{16}-[0-9]{1,18}"
_DIGITS = 16

Place = tuple[str, int]
"""A record's file (how its digest begins) and its row there."""


def record_id(file_sha256: str, row_number: int) -> str:
    """What names a record wherever its file lands: the file's content and the row."""
    return f"{file_sha256[:_DIGITS]}-{row_number}"


def write(path: Path, sent: Sequence[tuple[int, str]]) -> None:
    """Write the part that remembers which rows of a file were sent for which records."""
    rows = np.fromiter((row for row, _ in sent), np.int64, len(sent))
    table = pa.table({"row_number": array(rows, pa.int64()), "quarantine_id": texts(name for _, name in sent)})
    with aside(path.parent) as temporary:
        pq.write_table(table, temporary, compression="zstd")
        os.replace(temporary, path)


def _sent(path: Path) -> Iterator[tuple[int, Place]]:
    if not path.exists():
        return
    with pq.ParquetFile(path) as part:
        for batch in part.iter_batches():
            for row, name in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                file, _, number = name.partition("-")
                yield row, (file, int(number))


class Repairs:
    """What took the place of a source's quarantined records, as its manifests stand."""

    def __init__(self, settings: Settings, source: str) -> None:
        self._lake_dir = settings.lake_dir
        self._sent_for: dict[str, set[int]] = {}
        self._accepted_for: dict[str, set[int]] = {}
        self._readable: set[str] = set()
        self._readable_names: set[tuple[date, str]] = set()
        self._last_landed: dict[tuple[str, str], date] = {}
        self._landed_on: dict[str, set[date]] = {}
        self._files_of: dict[str, set[str]] = {}
        self._learn(list(manifest.all_of(settings, source)))

    def _learn(self, manifests: Sequence[Manifest]) -> None:
        stands_for: dict[Place, Place] = {}
        accepted: list[Place] = []
        for found in manifests:
            for entry in found.files:
                self._landed_on.setdefault(entry.file_sha256[:_DIGITS], set()).add(found.landing_date)
                if entry.status == "loaded":
                    self._last_landed[_content(entry)] = found.landing_date  # manifests come by date
                    self._readable.add(entry.file_sha256)
                    self._readable_names.add((found.landing_date, entry.file_name))
                rejected = self._rejected_rows(entry) if entry.repairs else set()
                for row, place in _sent(self._lake_dir / entry.repairs) if entry.repairs else ():
                    self._sent_for.setdefault(place[0], set()).add(place[1])
                    self._files_of.setdefault(entry.part_id, set()).add(place[0])
                    stands_for[entry.file_sha256[:_DIGITS], row] = place
                    if row not in rejected:
                        accepted.append(place)
        for place in accepted:  # and what the replaced record itself was sent for, back to the first
            following: Place | None = place
            while following and following[1] not in self._accepted_for.setdefault(following[0], set()):
                self._accepted_for[following[0]].add(following[1])
                following = stands_for.get(following)

    def _rejected_rows(self, entry: Entry) -> set[int]:
        if entry.quarantine is None or not (self._lake_dir / entry.quarantine).exists():
            return set()
        rows = pq.read_table(self._lake_dir / entry.quarantine, columns=["row_number"]).column(0)
        return {row for row in rows.to_pylist() if row is not None}

    def sent_for(self, entry: Entry) -> frozenset[int]:
        """The rows of a file that any record was sent for, be it accepted or rejected in its turn."""
        return frozenset(self._sent_for.get(entry.file_sha256[:_DIGITS], ()))

    def accepted_for(self, file_sha256: str) -> frozenset[int]:
        """The rows of a file in whose place a record was accepted: they must never be accepted beside it."""
        return frozenset(self._accepted_for.get(file_sha256[:_DIGITS], ()))

    def is_replaced(self, landing_date: date, entry: Entry) -> bool:
        """Whether all of a file's rejected records are taken up elsewhere.

        Content that landed again is answered for where it landed last; a file that could not be read at all is
        replaced by one of its name and landing date, or of its content, that can be.
        """
        if entry.status == "loaded":
            return self._last_landed[_content(entry)] > landing_date
        return (landing_date, entry.file_name) in self._readable_names or entry.file_sha256 in self._readable

    def rows_open(self, found: Manifest) -> int:
        """How many rejected records of a landing date nothing took the place of."""
        count = 0
        for entry in found.files:
            if entry.quarantine and not self.is_replaced(found.landing_date, entry):
                sent_for = self.sent_for(entry)
                replaced = len(self._rejected_rows(entry) & sent_for) if sent_for else 0
                count += entry.rows_quarantined - replaced
        return count

    def are_heeded(self, entry: Entry) -> bool:
        """Whether a part still keeps out exactly those rows in whose place another was accepted."""
        if entry.status == "rejected":
            return True
        withheld = set(entry.withheld)
        replaced = {row for row in self.accepted_for(entry.file_sha256) if 1 <= row <= entry.rows_landed}
        return withheld <= replaced and (replaced == withheld or replaced <= self._rejected_rows(entry))

    def landing_dates(self, part_ids: Iterable[str]) -> set[date]:
        """When the files landed whose records these parts hold repairs of."""
        files = {file for part_id in part_ids for file in self._files_of.get(part_id, ())}
        return {day for file in files for day in self._landed_on.get(file, ())}

    def facts(self, found: Manifest) -> list[str]:
        """What, besides the manifest, decides on the states of a landing date's records; empty where nothing does."""
        facts = []
        for entry in found.files:
            rows = sorted(self.sent_for(entry))
            replaced = self.is_replaced(found.landing_date, entry)
            if entry.quarantine and (rows or replaced):
                facts.append(f"{entry.part_id} {replaced} {rows}")
        return facts


def by_source(settings: Settings, manifests: Iterable[Manifest]) -> Mapping[str, Repairs]:
    """The repairs of every source that manifests are of."""
    return {source: Repairs(settings, source) for source in sorted({found.source for found in manifests})}


def _content(entry: Entry) -> tuple[str, str]:
    return entry.file_sha256, "".join(form_of(entry.file_name))
