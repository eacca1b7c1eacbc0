"""Records on their way from a file to DuckDB: Arrow batches of text with row numbers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pyarrow as pa

Form = Literal["json", "log", "csv", "parquet"]
SEPARATOR, NOTHING = "\x1f", "\x1e"
"""The separator between a CSV record's parsed fields, and the placeholder for each dropped character."""

PLACE = [("_row", pa.int64()), ("_landing", pa.date32())]
_EPOCH_DAY = date(1970, 1, 1)


@dataclass(frozen=True)
class Shape:
    """The layout of a file's rows; files of one shape are decoded by one statement."""

    form: Form
    names: tuple[str, ...] = ()
    types: tuple[pa.DataType, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the batches."""
        if self.form == "parquet":
            fields = [(f"f{index}", kind) for index, kind in enumerate(self.types)]
        elif self.form == "csv":
            fields = [("_text", pa.string()), ("_fields", pa.string()), ("_problem", pa.string())]
        else:
            fields = [("_text", pa.string())]
        return pa.schema([*PLACE, *fields])


def array(values: np.ndarray[Any, Any], kind: pa.DataType) -> pa.Array:
    """An Arrow array that shares the memory of a numpy array."""
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def numbers(values: pa.Array | pa.ChunkedArray, kind: type[np.generic]) -> np.ndarray[Any, Any]:
    """The numpy view of an Arrow array without nulls. (``to_numpy`` would import pandas, which takes a second.)"""
    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    views = [np.frombuffer(c.buffers()[1], kind)[c.offset : c.offset + len(c)] for c in chunks if len(c)]
    return views[0] if len(views) == 1 else np.concatenate([np.empty(0, kind), *views])


def text_array(data: bytes, starts: np.ndarray[Any, Any], end: int) -> pa.Array:
    """Adjacent slices of UTF-8 bytes as an Arrow array: each ends where the next begins, the last at ``end``."""
    offsets = np.empty(len(starts) + 1, np.int32)
    offsets[:-1] = starts
    offsets[-1] = end
    return pa.StringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(data))


def texts(values: Iterable[str | None]) -> pa.Array:
    """Python strings as an Arrow array. (``pa.array`` of a list would import pandas, too.)"""
    encoded = [None if value is None else value.encode("utf-8") for value in values]
    lengths = np.fromiter((len(value or b"") for value in encoded), np.int32, len(encoded))
    offsets = np.concatenate((np.zeros(1, np.int32), np.cumsum(lengths, dtype=np.int32)))
    known = np.fromiter((value is not None for value in encoded), np.bool_, len(encoded))
    mask = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.StringArray.from_buffers(
        len(encoded), pa.py_buffer(offsets), pa.py_buffer(b"".join(value or b"" for value in encoded)), mask
    )


def text_lists(values: Sequence[Sequence[str]]) -> pa.Array:
    """Lists of strings as an Arrow array."""
    lengths = np.fromiter(map(len, values), np.int32, len(values))
    offsets = np.concatenate((np.zeros(1, np.int32), np.cumsum(lengths, dtype=np.int32)))
    return pa.ListArray.from_arrays(array(offsets, pa.int32()), texts(text for row in values for text in row))


def repeated(text: str, count: int) -> pa.Array:
    """One string repeated ``count`` times, stored once."""
    return pa.DictionaryArray.from_arrays(array(np.zeros(count, np.int32), pa.int32()), texts([text]))


def repeated_day(day: date, count: int) -> pa.Array:
    """One date repeated ``count`` times."""
    return array(np.full(count, (day - _EPOCH_DAY).days, np.int32), pa.date32())


class Numbering:
    """Adds to each row its number, which counts across all files of a stream, and its file's landing date."""

    def __init__(self, landing_date: date) -> None:
        self.landing_date = landing_date
        self.rows = 0

    def batch(self, shape: Shape, columns: list[pa.Array]) -> pa.RecordBatch:
        """The next rows as a batch, with row numbers and landing date."""
        count = len(columns[0])
        place = array(np.arange(self.rows, self.rows + count, dtype=np.int64), pa.int64())
        self.rows += count
        return pa.RecordBatch.from_arrays(
            [place, repeated_day(self.landing_date, count), *columns], schema=shape.schema
        )


Batches = Iterator[pa.RecordBatch]
