"""Parts: per landed file, one Parquet file of accepted rows and one of rejected records."""

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from user_activity.files import aside
from user_activity.ingest.readers.batches import array, numbers, repeated, repeated_day, text_lists, texts
from user_activity.ingest.readers.files import InputFile
from user_activity.ingest.validation.validate import Rejection
from user_activity.sources import Source

_MICROSECONDS_A_DAY = 86_400_000_000
_EPOCH_DAY = date(1970, 1, 1)
_ROW_GROUP_ROWS = 122_880


class _Part:
    """A Parquet file that is moved to ``path`` when it is closed. Without rows no file is created."""

    def __init__(self, path: Path, compression: str) -> None:
        self.path = path
        self.rows = 0
        self._open = ExitStack()
        self._temporary = path
        self._compression = compression
        self._writer: pq.ParquetWriter | None = None

    def _append(self, table: pa.Table, row_group_size: int | None = None) -> None:
        if self._writer is None:
            self._temporary = self._open.enter_context(aside(self.path.parent))
            self._writer = pq.ParquetWriter(self._temporary, table.schema, compression=self._compression)
        self._writer.write_table(table, row_group_size=row_group_size)

    def close(self) -> None:
        """Finish the file and move it to its path."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            os.replace(self._temporary, self.path)

    def discard(self) -> None:
        """Delete the temporary file if the part was not closed."""
        writer, self._writer = self._writer, None
        with self._open:
            if writer is not None:
                writer.close()


class PartWriter(_Part):
    """Writes the accepted rows of one file."""

    def __init__(self, path: Path, source: Source, file: InputFile) -> None:
        super().__init__(path, compression="snappy")
        self._source = source
        self._file = file
        self._days: Counter[int] = Counter()
        self._touched: set[int] = set()
        self._same: Counter[str] = Counter()
        self._waiting: list[pa.Table] = []

    def write(self, rows: pa.Table) -> None:
        """Add accepted rows."""
        if self._source.derive_key:
            rows = self._with_derived_keys(rows)
        self._count(rows)
        file, count = self._file, rows.num_rows
        part = rows.select([*self._source.columns, "properties"])
        part = part.append_column("_source_file", repeated(file.name, count))
        part = part.append_column("_file_sha256", repeated(file.sha256, count))
        part = part.append_column("_row_number", rows.column("_row"))
        part = part.append_column("_loaded_at", array(np.full(count, file.mtime_ns // 1000), pa.timestamp("us")))
        self.rows += count
        self._waiting.append(part)
        if sum(table.num_rows for table in self._waiting) >= _ROW_GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        table, self._waiting = pa.concat_tables(self._waiting), []
        self._append(table, row_group_size=_ROW_GROUP_ROWS)

    def _with_derived_keys(self, rows: pa.Table) -> pa.Table:
        digests = rows.column("_digest")
        if digests.null_count == len(digests):
            return rows
        key = self._source.columns[0]
        keys: list[str] = []
        for given, digest in zip(rows.column(key).to_pylist(), digests.to_pylist(), strict=True):
            if given is None:
                self._same[digest] += 1
            keys.append(given if given is not None else f"{digest}-{self._same[digest]}")
        return rows.set_column(rows.schema.get_field_index(key), key, texts(keys))

    def _count(self, rows: pa.Table) -> None:
        for name in (self._source.date_column, *self._source.extra_date_columns):
            moments = numbers(rows.column(name).drop_null(), np.int64)
            days, counts = np.unique(moments // _MICROSECONDS_A_DAY, return_counts=True)
            self._touched.update(days.tolist())
            if name == self._source.date_column:
                self._days.update(dict(zip(days.tolist(), counts.tolist(), strict=True)))

    def close(self) -> None:
        """Finish the file and move it to its path."""
        self._flush()
        super().close()

    @property
    def dates(self) -> dict[str, int]:
        """Number of accepted rows per UTC date of the date column."""
        return {_day(day): count for day, count in sorted(self._days.items())}

    @property
    def touches(self) -> list[str]:
        """Every UTC date that the rows affect."""
        return [_day(day) for day in sorted(self._touched)]

    @property
    def late(self) -> int:
        """Number of accepted rows with a date before the landing date."""
        landed = (self._file.landing_date - _EPOCH_DAY).days
        return sum(count for day, count in self._days.items() if day < landed)


def _day(number: int) -> str:
    return (_EPOCH_DAY + timedelta(days=number)).isoformat()


class QuarantineWriter(_Part):
    """Writes the rejected records of one file, in row order, and counts them per rule."""

    def __init__(self, path: Path, source: str, file: InputFile) -> None:
        super().__init__(path, compression="zstd")
        self.rules: Counter[str] = Counter()
        self._source = source
        self._file = file

    def write(self, rejections: Sequence[Rejection]) -> None:
        """Add rejected records."""
        count, file = len(rejections), self._file
        self.rows += count
        self.rules.update(rule for rejection in rejections for rule in rejection.rules)
        numbers = np.fromiter((rejection.row or 0 for rejection in rejections), np.int64, count)
        columns = {
            "source": repeated(self._source, count),
            "landing_date": repeated_day(file.landing_date, count),
            "file_name": repeated(file.name, count),
            "file_sha256": repeated(file.sha256, count),
            "row_number": array(numbers, pa.int64()) if numbers.all() else pa.nulls(count, pa.int64()),
            "record": texts(rejection.record for rejection in rejections),
            "reasons": text_lists([rejection.reasons for rejection in rejections]),
            "rules": text_lists([rejection.rules for rejection in rejections]),
        }
        self._append(pa.Table.from_arrays(list(columns.values()), names=list(columns)))
