"""Writes what is kept of one file: its two parts and the ids of replaced records; returns the finished entry."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Self

import pyarrow as pa

from user_activity.ingest.lake import corrections
from user_activity.ingest.lake.manifest import Entry, part_folder
from user_activity.ingest.landing.originals import Original
from user_activity.ingest.partition.parts import PartWriter, QuarantineWriter
from user_activity.ingest.validation.validate import REPAIRED_RULE, Rejection
from user_activity.settings import Settings
from user_activity.sources import Source

PartId = Callable[..., str]


class Writers:
    """The two parts of one file. On exit, parts that ``entry`` did not finish are discarded."""

    def __init__(self, settings: Settings, source: Source, original: Original, part_id: PartId) -> None:
        self._original = original
        self._lake_dir = settings.lake_dir
        self._source = source.name
        self._part_id = part_id
        self._sent: list[tuple[int, str]] = []
        self._withheld: list[int] = []
        self._warnings: Counter[str] = Counter()
        begun = part_id(original)
        self._accepted = PartWriter(self._lake_dir / self._path("raw", begun), source, original.file)
        self._rejected = QuarantineWriter(self._lake_dir / self._path("quarantine", begun), source.name, original.file)

    def _path(self, layer: str, part_id: str) -> str:
        return f"{part_folder(layer, self._source, self._original.file.landing_date)}/{part_id}.parquet"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._accepted.discard()
        finally:
            self._rejected.discard()

    def write(
        self,
        accepted: pa.Table | None,
        rejected: Sequence[Rejection],
        sent: Sequence[tuple[int, str]] = (),
        warnings: Sequence[str] = (),
    ) -> None:
        """Add rows to the parts; ``sent`` has the (row, id) of all rows that replace quarantined records.

        ``warnings`` has the rule of each value that was set aside from the accepted rows.
        """
        if accepted:
            self._accepted.write(accepted)
        if rejected:
            self._rejected.write(rejected)
            self._withheld += [each.row for each in rejected if each.row and REPAIRED_RULE in each.rules]
        self._sent += sent
        self._warnings.update(warnings)

    def entry(self, landed: int, problem: str | None = None) -> Entry:
        """Close the parts and return the file's entry."""
        file, accepted, rejected = self._original.file, self._accepted, self._rejected
        part_id = self._part_id(self._original, tuple(self._withheld))
        part, quarantine, sent = (self._path(layer, part_id) for layer in ("raw", "quarantine", "repairs"))
        accepted.path, rejected.path = self._lake_dir / part, self._lake_dir / quarantine
        accepted.close()
        rejected.close()
        if self._sent:
            corrections.write(self._lake_dir / sent, self._sent)
        if landed != accepted.rows + rejected.rows:
            raise AssertionError(f"{file.name}: {landed} rows landed, {accepted.rows} + {rejected.rows} accounted for")
        return Entry(
            file_name=file.name,
            file_sha256=file.sha256,
            size_bytes=file.size_bytes,
            status="rejected" if problem else "loaded",
            rows_landed=landed,
            rows_accepted=accepted.rows,
            rows_quarantined=rejected.rows,
            rows_late=accepted.late,
            dates=accepted.dates,
            touches=tuple(accepted.touches),
            rules=dict(sorted(rejected.rules.items())),
            warnings=dict(sorted(self._warnings.items())),
            part=part if accepted.rows else None,
            quarantine=quarantine if rejected.rows else None,
            archive=self._original.archive,
            loaded_at=file.loaded_at.isoformat(),
            problem=problem,
            repairs=sent if self._sent else None,
            withheld=tuple(self._withheld),
        )
