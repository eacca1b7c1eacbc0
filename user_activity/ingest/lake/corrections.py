"""Corrections: which quarantined records were resent, and which resent records replace them.

An exported record carries the id of the record that it replaces. When it is ingested again, that id is stored in a part
of its file. So replacements depend only on the landed files: their order, duplicates and killed runs do not change the
result.
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
"""The field that holds the id of the replaced record. It is in no contract and is not stored in ``properties``."""

ID = "[0-9a-f]{16}-[0-9]{1,18}"
_DIGITS = 16

Place = tuple[str, int]
"""A record's file (the first digits of its SHA-256) and its row number there."""


def record_id(file_sha256: str, row_number: int) -> str:
    """The id of a record, from the file's content and the row number. It is the same wherever the file lands."""
    return f"{file_sha256[:_DIGITS]}-{row_number}"


def write(path: Path, sent: Sequence[tuple[int, str]]) -> None:
    """Write the part that maps a file's rows to the ids of the records that they replace."""
    rows = np.fromiter((row for row, _ in sent), np.int64, len(sent))
    table = pa.table({"row_number": array(rows, pa.int64()), "quarantine_id": texts(name for _, name in sent)})
    with aside(path.parent) as temporary:
        pq.write_table(table, temporary, compression="zstd")
        os.replace(temporary, path)


def _replaced_by_row(path: Path) -> Iterator[tuple[int, Place]]:
    if not path.exists():
        return
    with pq.ParquetFile(path) as part:
        for batch in part.iter_batches():
            for row, name in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                file, _, number = name.partition("-")
                yield row, (file, int(number))


class Corrections:
    """The replacements of a source's quarantined records, according to its manifests."""

    def __init__(self, settings: Settings, source: str) -> None:
        self._lake_dir = settings.lake_dir
        self._sent_for: dict[str, set[int]] = {}
        self._accepted_for: dict[str, set[int]] = {}
        self._readable: set[str] = set()
        self._readable_names: set[tuple[date, str]] = set()
        self._last_landed: dict[tuple[str, str], date] = {}
        self._landed_on: dict[str, set[date]] = {}
        self._files_of: dict[str, set[str]] = {}
        self._load(list(manifest.all_of(settings, source)))

    def _load(self, manifests: Sequence[Manifest]) -> None:
        stands_for: dict[Place, Place] = {}
        accepted: list[Place] = []
        for found in manifests:
            for entry in found.files:
                self._landed_on.setdefault(entry.file_sha256[:_DIGITS], set()).add(found.landing_date)
                if entry.status == "loaded":
                    self._last_landed[_content(entry)] = found.landing_date  # manifests are sorted by date
                    self._readable.add(entry.file_sha256)
                    self._readable_names.add((found.landing_date, entry.file_name))
                rejected = self._rejected_rows(entry) if entry.repairs else set()
                for row, place in _replaced_by_row(self._lake_dir / entry.repairs) if entry.repairs else ():
                    self._sent_for.setdefault(place[0], set()).add(place[1])
                    self._files_of.setdefault(entry.part_id, set()).add(place[0])
                    stands_for[entry.file_sha256[:_DIGITS], row] = place
                    if row not in rejected:
                        accepted.append(place)
        for place in accepted:  # also mark the earlier records in the chain as replaced
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
        """The rows of a file for which a record was resent, whether that record was accepted or rejected."""
        return frozenset(self._sent_for.get(entry.file_sha256[:_DIGITS], ()))

    def accepted_for(self, file_sha256: str) -> frozenset[int]:
        """The rows of a file whose replacement was accepted. They must not be accepted as well."""
        return frozenset(self._accepted_for.get(file_sha256[:_DIGITS], ()))

    def is_replaced(self, landing_date: date, entry: Entry) -> bool:
        """Whether all rejected records of a file are superseded by another file.

        Content that landed again counts on its last landing date. A file that could not be read at all is replaced by a
        readable file with the same name and landing date, or with the same content.
        """
        if entry.status == "loaded":
            return self._last_landed[_content(entry)] > landing_date
        return (landing_date, entry.file_name) in self._readable_names or entry.file_sha256 in self._readable

    def rows_open(self, found: Manifest) -> int:
        """The number of rejected records of a landing date that have not been replaced."""
        count = 0
        for entry in found.files:
            if entry.quarantine and not self.is_replaced(found.landing_date, entry):
                sent_for = self.sent_for(entry)
                replaced = len(self._rejected_rows(entry) & sent_for) if sent_for else 0
                count += entry.rows_quarantined - replaced
        return count

    def are_heeded(self, entry: Entry) -> bool:
        """Whether a part excludes exactly the rows whose replacement was accepted."""
        if entry.status == "rejected":
            return True
        withheld = set(entry.withheld)
        replaced = {row for row in self.accepted_for(entry.file_sha256) if 1 <= row <= entry.rows_landed}
        return withheld <= replaced and (replaced == withheld or replaced <= self._rejected_rows(entry))

    def landing_dates(self, part_ids: Iterable[str]) -> set[date]:
        """The landing dates of the files whose records are replaced in these parts."""
        files = {file for part_id in part_ids for file in self._files_of.get(part_id, ())}
        return {day for file in files for day in self._landed_on.get(file, ())}

    def facts(self, found: Manifest) -> list[str]:
        """What, besides the manifest, determines the states of a landing date's records; empty if nothing does."""
        facts = []
        for entry in found.files:
            rows = sorted(self.sent_for(entry))
            replaced = self.is_replaced(found.landing_date, entry)
            if entry.quarantine and (rows or replaced):
                facts.append(f"{entry.part_id} {replaced} {rows}")
        return facts


def by_source(settings: Settings, manifests: Iterable[Manifest]) -> Mapping[str, Corrections]:
    """The repairs of each source that occurs in the manifests."""
    return {source: Corrections(settings, source) for source in sorted({found.source for found in manifests})}


def _content(entry: Entry) -> tuple[str, str]:
    return entry.file_sha256, "".join(form_of(entry.file_name))
