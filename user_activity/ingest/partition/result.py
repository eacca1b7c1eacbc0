"""The result of building a raw partition: counts, files and a preview of the rows."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from user_activity.ingest.lake.manifest import Entry, Manifest


@dataclass(frozen=True)
class PartitionResult:
    """The current state of one raw partition."""

    source: str
    partition: date
    manifests: tuple[Manifest, ...]
    seconds: float
    lake_dir: Path
    rows_open: int
    """Rejected rows that have not been replaced yet."""

    @cached_property
    def files(self) -> list[Entry]:
        """All files of the partition."""
        return [entry for found in self.manifests for entry in found.files]

    @property
    def landing_dates(self) -> list[date]:
        """The landing dates that have files."""
        return [found.landing_date for found in self.manifests]

    @property
    def rows_landed(self) -> int:
        """Rows in the files; a file that could not be read counts as one row."""
        return sum(entry.rows_landed for entry in self.files)

    @property
    def rows_accepted(self) -> int:
        """Rows that satisfy the contract."""
        return sum(entry.rows_accepted for entry in self.files)

    @property
    def rows_quarantined(self) -> int:
        """Rows that violate the contract."""
        return sum(entry.rows_quarantined for entry in self.files)

    @property
    def rows_late(self) -> int:
        """Accepted rows with a date before their landing date."""
        return sum(entry.rows_late for entry in self.files)

    @property
    def rejected_by_rule(self) -> dict[str, int]:
        """Number of violations per rule, most frequent first."""
        counts: Counter[str] = Counter()
        for entry in self.files:
            counts.update(entry.rules)
        return dict(counts.most_common())

    @property
    def warnings_by_rule(self) -> dict[str, int]:
        """Number of values that were set aside from accepted rows, per rule, most frequent first."""
        counts: Counter[str] = Counter()
        for entry in self.files:
            counts.update(entry.warnings)
        return dict(counts.most_common())

    @property
    def event_dates(self) -> list[date]:
        """Every UTC date that the accepted rows affect."""
        return sorted({date.fromisoformat(day) for entry in self.files for day in entry.touches})

    def preview(self, rows: int = 5) -> list[dict[str, Any]]:
        """The first accepted rows. They are read from the parts on each call."""
        found: list[dict[str, Any]] = []
        for entry in self.files:
            if entry.part and len(found) < rows:
                with pq.ParquetFile(self.lake_dir / entry.part) as part:
                    found += next(part.iter_batches(rows - len(found))).to_pylist()
        return found
