"""Quarantine: which records were rejected, why, and their current state.

A record is ``open`` while it is rejected, ``superseded`` once another record was sent to replace it, and ``replayed``
if it was rejected before and is accepted now, because the contract or a setting changed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from user_activity.ingest.lake import freshness, manifest
from user_activity.ingest.lake.corrections import Corrections, by_source, record_id
from user_activity.ingest.lake.manifest import Entry, Manifest
from user_activity.ingest.readers.batches import array
from user_activity.settings import Settings

State = Literal["open", "replayed", "superseded"]

STREAM = pa.schema(
    {
        "source": pa.string(), "landing_date": pa.date32(), "file_name": pa.string(), "file_sha256": pa.string(),
        "row_number": pa.int64(), "record": pa.string(), "reasons": pa.list_(pa.string()),
        "rules": pa.list_(pa.string()), "state": pa.string(),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Selection:
    """A filter for records; None means any. ``file`` is a file name or the start of its digest."""

    source: str | None = None
    rule: str | None = None
    landing_date: date | None = None
    file: str | None = None
    state: State | None = "open"


@dataclass(frozen=True)
class BadRecord:
    """One record that is or was rejected. Without a row number it is a whole file, which is in the archive."""

    quarantine_id: str | None
    source: str
    landing_date: date
    file_name: str
    file_sha256: str
    row_number: int | None
    record: str | None
    reasons: tuple[str, ...]
    rules: tuple[str, ...]
    state: State
    archived: Path


@dataclass(frozen=True)
class RuleCount:
    """The number of a source's records that violate a rule, and one reason as an example."""

    source: str
    rule: str
    records: int
    example: str


def select(settings: Settings, selection: Selection = Selection()) -> Iterator[BadRecord]:
    """The selected records, sorted by source, landing date, file and row."""
    manifests = [
        found
        for found in manifest.all_of(settings, selection.source)
        if selection.landing_date in (None, found.landing_date)
    ]
    repairs = by_source(settings, manifests)
    for found in manifests:
        for entry in found.files:
            if _named(entry, selection.file):
                archived = settings.archive_dir / found.source / found.landing_date.isoformat() / entry.archive
                for rows in _batches(settings, found, entry, repairs[found.source]):
                    yield from _chosen(rows, selection, archived)


def _named(entry: Entry, file: str | None) -> bool:
    return file is None or entry.file_name == file or (len(file) >= 6 and entry.file_sha256.startswith(file))


def _chosen(rows: pa.RecordBatch, selection: Selection, archived: Path) -> Iterator[BadRecord]:
    for row in rows.to_pylist():
        if selection.state in (None, row["state"]) and (selection.rule is None or selection.rule in row["rules"]):
            row |= {"reasons": tuple(row["reasons"]), "rules": tuple(row["rules"]), "archived": archived}
            number = row["row_number"]
            yield BadRecord(quarantine_id=record_id(row["file_sha256"], number) if number else None, **row)


def _batches(settings: Settings, found: Manifest, entry: Entry, repairs: Corrections) -> Iterator[pa.RecordBatch]:
    """The records of a file that are or were rejected, with the state of each record."""
    if entry.quarantine:
        replaced = repairs.is_replaced(found.landing_date, entry)
        rows = repairs.sent_for(entry)
        sent_for = array(np.fromiter(rows, np.int64, len(rows)), pa.int64())
        with pq.ParquetFile(settings.lake_dir / entry.quarantine) as part:
            for batch in part.iter_batches():
                if replaced:
                    states = _all(batch, "superseded")
                else:
                    states = pc.if_else(pc.is_in(batch.column("row_number"), value_set=sent_for), "superseded", "open")
                yield batch.append_column("state", states)
    if entry.history:
        with pq.ParquetFile(settings.lake_dir / entry.history) as part:
            for batch in part.iter_batches():
                yield batch.append_column("state", _all(batch, "replayed"))


def _all(batch: pa.RecordBatch, state: State) -> pa.Array:
    return pa.repeat(pa.scalar(state), len(batch))


def stream(settings: Settings, keys: Iterable[tuple[str, date]]) -> pa.RecordBatchReader:
    """All records of these (source, landing date) pairs that are or were rejected, for a warehouse to load."""
    manifests = [found for source, day in keys if (found := manifest.read(settings, source, day))]
    repairs = by_source(settings, manifests)

    def batches() -> Iterator[pa.RecordBatch]:
        for found in manifests:
            for entry in found.files:
                for rows in _batches(settings, found, entry, repairs[found.source]):
                    yield from pa.Table.from_batches([rows]).cast(STREAM).to_batches()

    return pa.RecordBatchReader.from_batches(STREAM, batches())


def marks(settings: Settings) -> freshness.State:
    """A digest per source and landing date of the content of raw and the states of its rejected records."""
    manifests = freshness.manifests(settings)
    repairs = by_source(settings, manifests)
    return freshness.state_of(manifests, lambda found: repairs[found.source].facts(found))


def open_by_source(settings: Settings) -> dict[str, int]:
    """Number of open records per source. A source appears only if it has any."""
    counts: dict[str, int] = {}
    manifests = freshness.manifests(settings)
    repairs = by_source(settings, manifests)
    for found in manifests:
        counts[found.source] = counts.get(found.source, 0) + repairs[found.source].rows_open(found)
    return {source: count for source, count in sorted(counts.items()) if count}


def by_rule(settings: Settings, selection: Selection = Selection()) -> list[RuleCount]:
    """Number of records per violated rule, most frequent first."""
    counts: dict[tuple[str, str], list[Any]] = {}
    for record in select(settings, selection):
        for rule, reason in zip(record.rules, record.reasons, strict=True):
            if selection.rule in (None, rule):
                counts.setdefault((record.source, rule), [0, reason])[0] += 1
    found = [RuleCount(source, rule, count, example) for (source, rule), (count, example) in counts.items()]
    return sorted(found, key=lambda row: (-row.records, row.source, row.rule))
