"""A platform in a temporary folder: drop files, ingest, look at what came of them."""

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from user_activity.ingest import Entry, PartitionResult, ingest
from user_activity.ingest.quarantine import BadRecord, Selection, State, select
from user_activity.settings import Settings

DAY = date(2026, 1, 5)
EVENT = {"event_id": "e1", "user_id": "u1", "event_type": "click", "event_at": "2026-01-05T10:00:00Z"}
OPENERS = {"": bytes, ".gz": gzip.compress, ".zst": lambda data: pa.compress(data, "zstd", asbytes=True)}


class Drop:
    """One platform's folders."""

    def __init__(self, data_dir: Path, **more: Any) -> None:
        self.settings = Settings(data_dir=data_dir, _env_file=None, **more)

    def folder(self, source: str = "events", day: date = DAY) -> Path:
        path = self.settings.incoming_dir / source / day.isoformat()
        path.mkdir(parents=True, exist_ok=True)
        return path

    def file(self, name: str, content: bytes | str, source: str = "events", day: date = DAY) -> Path:
        path = self.folder(source, day) / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def lines(self, name: str, records: Sequence[Any], source: str = "events", day: date = DAY) -> Path:
        return self.file(name, "".join(json.dumps(record) + "\n" for record in records), source, day)

    def ingest(self, source: str = "events", day: date = DAY, **more: Any) -> PartitionResult:
        (result,) = ingest(self.settings, source, [day], **more)
        return result

    def entry(self, name: str, content: bytes | str, source: str = "events") -> Entry:
        self.file(name, content, source)
        return next(entry for entry in self.ingest(source).files if entry.file_name == name)

    def rows(self, result: PartitionResult) -> list[dict[str, Any]]:
        found = []
        for entry in result.files:
            if entry.part:
                part = pq.ParquetFile(self.settings.lake_dir / entry.part)
                assert part.metadata.num_rows == entry.rows_accepted
                found += part.read().to_pylist()
        return found

    def bad(self, source: str = "events", state: State | None = "open") -> list[BadRecord]:
        return list(select(self.settings, Selection(source=source, state=state)))

    def written(self) -> set[tuple[str, int]]:
        """Every part, with what tells one writing of it from the next."""
        return {(path.name, path.stat().st_ino) for path in self.settings.lake_dir.rglob("*.parquet")}

    def snapshot(self) -> Mapping[str, bytes]:
        """Everything of the lake and the archive, to the byte."""
        roots = (self.settings.lake_dir, self.settings.archive_dir, self.settings.incoming_dir)
        return {
            str(path.relative_to(self.settings.data_dir)): path.read_bytes()
            for root in roots
            for path in sorted(root.rglob("*"))
            if path.is_file() and ".work" not in path.parts
        }


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    return Drop(tmp_path / "data")
