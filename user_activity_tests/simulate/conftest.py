"""One simulated season, and its files read back without any of the platform's own readers."""

import csv
import gzip
import io
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from user_activity.simulate import SimulationSummary, simulate

START, DAYS, EVENTS = date(2025, 1, 1), 75, 15_000
OUR_NAMES = {
    "timestamp": "event_at",
    "ts": "event_at",
    "action_type": "event_type",
    "event": "event_type",
    "id": "event_id",
    "url": "page_url",
    "page": "page_url",
    "refund_amount": "refund",
}


@dataclass(frozen=True)
class Landed:
    """A record as it lies in a file; no record where a line is broken."""

    source: str
    landing: date
    file: str
    record: dict[str, Any] | None


@dataclass(frozen=True)
class Season:
    """What the simulation says it made, and what lies in the folder."""

    folder: Path
    summary: SimulationSummary
    landed: list[Landed]

    def records(self, source: str) -> list[dict[str, Any]]:
        """The readable records of a source."""
        return [entry.record for entry in self.landed if entry.source == source and entry.record is not None]


def read_back(folder: Path) -> list[Landed]:
    """Every record of every file, under our names."""
    landed = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        source, day, name = path.relative_to(folder).parts
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        records = _records(name.removesuffix(".gz"), content)
        landed += [Landed(source, date.fromisoformat(day), name, record) for record in records]
    return landed


def _records(name: str, content: bytes) -> list[dict[str, Any] | None]:
    match name.rsplit(".", 1)[-1]:
        case "csv":
            found: list[Any] = list(csv.DictReader(io.StringIO(content.decode())))
        case "json":
            found = json.loads(content)
        case "parquet":
            found = pq.read_table(io.BytesIO(content)).to_pylist()
        case _:
            found = [_parsed(line) for line in content.decode().splitlines()]
    return [None if record is None else _ours(record) for record in found]


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError:
        return None
    return record


def _ours(record: dict[str, Any]) -> dict[str, Any]:
    nested = record.pop("metadata", {})
    record |= {"device": nested["device"]} if "device" in nested else {}
    record |= {"country": nested["location"]} if "location" in nested else {}
    return {OUR_NAMES.get(name, name): value for name, value in record.items() if value not in (None, "")}


def moment(value: object) -> datetime:
    """A time in any of the simulated spellings; raises where there is none."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, tz=UTC)
    return datetime.fromisoformat(str(value))


@pytest.fixture(scope="session")
def season(tmp_path_factory: pytest.TempPathFactory) -> Season:
    folder = tmp_path_factory.mktemp("season")
    summary = simulate(folder, start=START, days=DAYS, events=EVENTS, seed=7)
    return Season(folder, summary, read_back(folder))


@pytest.fixture(scope="session")
def clean_season(tmp_path_factory: pytest.TempPathFactory) -> Season:
    folder = tmp_path_factory.mktemp("clean")
    summary = simulate(folder, start=START, days=DAYS, events=EVENTS, seed=7, messy=0)
    return Season(folder, summary, read_back(folder))
