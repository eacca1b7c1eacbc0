"""What building a partition of raw came to, for whoever asked: numbers, files, a look at the rows."""

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
    """One partition of raw, as it is now."""

    source: str
    partition: date
    manifests: tuple[Manifest, ...]
    seconds: float
    lake_dir: Path
    rows_open: int
    """Rows that break the contract and that nothing has taken the place of yet."""

    @cached_property
    def files(self) -> list[Entry]:
        """Every file of the partition."""
        return [entry for found in self.manifests for entry in found.files]

    @property
    def landing_dates(self) -> list[date]:
        """The landing dates that have files."""
        return [found.landing_date for found in self.manifests]

    @property
    def rows_landed(self) -> int:
        """Rows in the files; a file that could not be read counts as one."""
        return sum(entry.rows_landed for entry in self.files)

    @property
    def rows_accepted(self) -> int:
        """Rows that keep the contract."""
        return sum(entry.rows_accepted for entry in self.files)

    @property
    def rows_quarantined(self) -> int:
        """Rows that break it."""
        return sum(entry.rows_quarantined for entry in self.files)

    @property
    def rows_late(self) -> int:
        """Accepted rows of a date before their landing date."""
        return sum(entry.rows_late for entry in self.files)

    @property
    def rejected_by_rule(self) -> dict[str, int]:
        """How often each rule was broken, most often first."""
        counts: Counter[str] = Counter()
        for entry in self.files:
            counts.update(entry.rules)
        return dict(counts.most_common())

    @property
    def event_dates(self) -> list[date]:
        """Every UTC date that the accepted rows bear on."""
        return sorted({date.fromisoformat(day) for entry in self.files for day in entry.touches})

    def preview(self, rows: int = 5) -> list[dict[str, Any]]:
        """The first accepted rows, read from the parts when asked."""
        found: list[dict[str, Any]] = []
        for entry in self.files:
            if entry.part and len(found) < rows:
                with pq.ParquetFile(self.lake_dir / entry.part) as part:
                    found += next(part.iter_batches(rows - len(found))).to_pylist()
        return found
