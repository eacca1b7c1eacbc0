"""History: records that were quarantined before and are accepted now, with the reasons for the rejection.

The history is carried over each time a file is read. Records that were rejected last time and are accepted now are
added; records that are rejected again are removed. Reading the file once more changes nothing.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from user_activity.files import aside
from user_activity.ingest.lake.manifest import Entry, part_folder
from user_activity.ingest.readers.files import form_of, sha256_of
from user_activity.settings import Settings


class RejectedBefore:
    """The rejected records of files before they are read again."""

    def __init__(self, settings: Settings, source: str, work_dir: Path) -> None:
        self._lake_dir = settings.lake_dir
        self._source = source
        self._work_dir = work_dir
        self._before: dict[tuple[date, str, str], tuple[Entry, Path | None]] = {}

    def remember(self, landing_date: date, entries: Iterable[Entry]) -> None:
        """Copy the rejected records of these files: reading the files again may overwrite them."""
        for entry in entries:
            kept = None
            if entry.quarantine and (self._lake_dir / entry.quarantine).exists():
                kept = self._work_dir / f"{landing_date}-{len(self._before)}.parquet"
                shutil.copyfile(self._lake_dir / entry.quarantine, kept)
            if kept or entry.history:
                self._before[_key(landing_date, entry)] = entry, kept

    def carried_to(self, landing_date: date, entry: Entry) -> Entry:
        """The entry of a file that was just read, with its history added."""
        before, kept = self._before.get(_key(landing_date, entry), (None, None))
        if before is None:
            return entry
        gone = _read(kept)
        if before.history and (self._lake_dir / before.history).exists():
            older = _read(self._lake_dir / before.history)
            gone = pa.concat_tables([gone, _without(older, gone)]) if gone else older
        if gone is None:
            return entry
        gone = _without(gone, _read(self._lake_dir / entry.quarantine if entry.quarantine else None))
        return replace(entry, history=self._written(landing_date, entry, gone.sort_by("row_number")) if gone else None)

    def _written(self, landing_date: date, entry: Entry, rows: pa.Table) -> str:
        folder = part_folder("history", self._source, landing_date)
        with aside(self._lake_dir / folder) as temporary:
            pq.write_table(rows, temporary, compression="zstd")
            name = f"{folder}/{entry.file_sha256[:16]}-{sha256_of(temporary)[:8]}.parquet"
            os.replace(temporary, self._lake_dir / name)
        return name


def _key(landing_date: date, entry: Entry) -> tuple[date, str, str]:
    return landing_date, entry.file_sha256, "".join(form_of(entry.file_name))


def _read(path: Path | None) -> pa.Table | None:
    return pq.read_table(path, partitioning=None) if path else None


def _without(rows: pa.Table, others: pa.Table | None) -> pa.Table:
    """The rows whose row number is not among the others'. (A rejected whole file has a null row number.)"""
    if others is None:
        return rows
    numbers = others.column("row_number").combine_chunks()
    return rows.filter(pc.invert(pc.is_in(rows.column("row_number"), value_set=numbers)))
