"""Quarantine, for people: what was rejected, why, and the records as they came, ready to be repaired and sent again.

Belongs here: listing, showing and exporting. Does not belong here: rejecting (``judging``), printing (``cli``).
"""

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

import pyarrow.parquet as pq

from user_activity.ingest import manifest
from user_activity.ingest.files import form_of, opened
from user_activity.ingest.tables import header_of
from user_activity.settings import Settings


@dataclass(frozen=True)
class Selection:
    """Which rejected records; None means any. ``file`` is a file name, or how its digest begins."""

    source: str | None = None
    rule: str | None = None
    landing_date: date | None = None
    file: str | None = None


@dataclass(frozen=True)
class BadRecord:
    """One rejected record; without a row number it stands for a whole file, which is in the archive."""

    source: str
    landing_date: date
    file_name: str
    file_sha256: str
    row_number: int | None
    record: str | None
    reasons: tuple[str, ...]
    rules: tuple[str, ...]
    archived: Path


@dataclass(frozen=True)
class RuleCount:
    """How many records of a source broke a rule, and one reason as an example."""

    source: str
    rule: str
    records: int
    example: str


def records(settings: Settings, selection: Selection = Selection()) -> Iterator[BadRecord]:
    """The rejected records, by source, landing date, file and row."""
    for found in manifest.all_of(settings, selection.source):
        if selection.landing_date not in (None, found.landing_date):
            continue
        for entry in found.files:
            if (
                entry.quarantine
                and _named(entry, selection.file)
                and (not selection.rule or selection.rule in entry.rules)
            ):
                archived = settings.archive_dir / found.source / found.landing_date.isoformat() / entry.archive
                yield from _records_of(settings.lake_dir / entry.quarantine, selection.rule, archived)


def _named(entry: manifest.Entry, file: str | None) -> bool:
    return file is None or entry.file_name == file or (len(file) >= 6 and entry.file_sha256.startswith(file))


def _records_of(part: Path, rule: str | None, archived: Path) -> Iterator[BadRecord]:
    with pq.ParquetFile(part) as parquet:
        for batch in parquet.iter_batches():
            for row in batch.to_pylist():
                if rule is None or rule in row["rules"]:
                    row |= {"reasons": tuple(row["reasons"]), "rules": tuple(row["rules"]), "archived": archived}
                    yield BadRecord(**row)


def by_rule(settings: Settings, selection: Selection = Selection()) -> list[RuleCount]:
    """How many records broke each rule, most often broken first."""
    counts: dict[tuple[str, str], list[Any]] = {}
    for record in records(settings, selection):
        for rule, reason in zip(record.rules, record.reasons, strict=True):
            if selection.rule in (None, rule):
                counts.setdefault((record.source, rule), [0, reason])[0] += 1
    found = [RuleCount(source, rule, count, example) for (source, rule), (count, example) in counts.items()]
    return sorted(found, key=lambda row: (-row.records, row.source, row.rule))


def export(settings: Settings, target: Path, selection: Selection = Selection()) -> int:
    """Write the selected records to a file; returns how many. Whole files are not in it: they are in the archive.

    ``.jsonl`` gives the records as they came, one a line, to be repaired and landed again (from CSV: an object with
    the file's own column names); any other name gives a CSV that says what is wrong with each.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.tmp")
    selected = (record for record in records(settings, selection) if record.row_number is not None)
    with temporary.open("w", encoding="utf-8", newline="") as stream:
        count = _as_lines(selected, stream) if target.suffix == ".jsonl" else _as_csv(selected, stream)
    os.replace(temporary, target)
    return count


def _as_lines(selected: Iterator[BadRecord], stream: IO[str]) -> int:
    count, headers = 0, dict[Path, tuple[tuple[str, ...], str]]()
    for bad in selected:
        text = " ".join((bad.record or "").splitlines())
        form, compression = form_of(bad.file_name)
        if form == ".csv":
            if bad.archived not in headers:
                with opened(bad.archived, compression) as original:
                    headers[bad.archived] = header_of(original)
            text = _as_object(bad.record or "", *headers[bad.archived])
        stream.write(text + "\n")
        count += 1
    return count


def _as_object(text: str, names: tuple[str, ...], delimiter: str) -> str:
    fields = next(csv.reader([text], delimiter=delimiter), [])
    found = dict(zip(names, fields, strict=True)) if len(fields) == len(names) else {"record": text}
    return json.dumps(found, ensure_ascii=False)


def _as_csv(selected: Iterator[BadRecord], stream: IO[str]) -> int:
    writer, count = csv.writer(stream), 0
    writer.writerow(("source", "landing_date", "file_name", "row_number", "record", "reasons"))
    for bad in selected:
        count += 1
        reasons = "; ".join(bad.reasons)
        writer.writerow((bad.source, bad.landing_date, bad.file_name, bad.row_number, bad.record, reasons))
    return count
