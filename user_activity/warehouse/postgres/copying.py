"""Parquet parts through the wire: read batch by batch, written as CSV, streamed into COPY."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from user_activity.warehouse.postgres.connections import Connection

Part = tuple[Path, Mapping[str, Any]]
ROWS_AT_ONCE = 20_000
BYTES_AT_ONCE = 1 << 20
# Nothing between two commas is null, a pair of quotes is an empty text.
FORM = csv.WriteOptions(include_header=False, quoting_style="needed")


def copy_parts(connection: Connection, relation: str, columns: Sequence[str], parts: Iterable[Part]) -> None:
    """Append the rows of some Parquet files, each with constants for columns that are not in it.

    A column that a file does not have is null.
    """
    copy_batches(connection, relation, columns, _read(columns, parts))


def copy_batches(
    connection: Connection, relation: str, columns: Sequence[str], batches: Iterable[pa.RecordBatch]
) -> None:
    """Append rows that have the columns, in their order."""
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        stream = _Stream(map(_written, batches))
        cursor.copy_expert(f"copy {relation} ({names}) from stdin with (format csv)", stream, size=BYTES_AT_ONCE)


def _read(columns: Sequence[str], parts: Iterable[Part]) -> Iterator[pa.RecordBatch]:
    for path, constants in parts:
        with pq.ParquetFile(path) as parquet:
            for batch in parquet.iter_batches(ROWS_AT_ONCE):
                yield _aligned(batch, columns, constants)


def _written(batch: pa.RecordBatch) -> memoryview:
    """CSV of some rows."""
    target = pa.BufferOutputStream()
    csv.write_csv(batch, target, FORM)
    return memoryview(target.getvalue())


def _aligned(batch: pa.RecordBatch, columns: Sequence[str], constants: Mapping[str, Any]) -> pa.RecordBatch:
    rows, given = batch.num_rows, set(batch.schema.names)
    arrays = [
        batch.column(name)
        if name in given
        else pa.repeat(constants[name], rows)
        if name in constants
        else pa.nulls(rows, pa.string())
        for name in columns
    ]
    return pa.record_batch(arrays, names=list(columns))


class _Stream(io.RawIOBase):
    """Pieces as a file that is read."""

    def __init__(self, pieces: Iterator[memoryview]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes; none at the end."""
        if not self._rest:
            self._rest = next(self._pieces, memoryview(b""))
        given, self._rest = self._rest[:size], self._rest[size:]
        return bytes(given)
