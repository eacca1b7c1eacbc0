"""Copy Parquet parts to the server: read in batches, written as CSV, streamed into COPY."""

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
# In this CSV format, an empty field is null, and a pair of quotes is an empty string.
FORM = csv.WriteOptions(include_header=False, quoting_style="needed")


def copy_parts(connection: Connection, relation: str, columns: Sequence[str], parts: Iterable[Part]) -> None:
    """Append the rows of Parquet files, each with constants for columns that the file does not have.

    Other columns that a file does not have are null.
    """
    copy_batches(connection, relation, columns, _read(columns, parts))


def copy_batches(
    connection: Connection, relation: str, columns: Sequence[str], batches: Iterable[pa.RecordBatch]
) -> None:
    """Append rows; each batch has these columns in this order."""
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
    """The CSV of some rows."""
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
    """An iterator of chunks as a readable file."""

    def __init__(self, pieces: Iterator[memoryview]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; empty at the end."""
        if not self._rest:
            self._rest = next(self._pieces, memoryview(b""))
        given, self._rest = self._rest[:size], self._rest[size:]
        return bytes(given)
