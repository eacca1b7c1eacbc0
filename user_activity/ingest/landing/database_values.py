"""The rows of a database as Parquet: each value exactly, in a type of its own where its column has one."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_MOST_DIGITS = 38
"""Longer decimals are text: no column of a contract holds them, but nothing is rounded."""
_INT64 = range(-(2**63), 2**63)
_CELL_BYTES = 60  # of a Python object
_MICROSECONDS = "us"

Row = tuple[Any, ...]


def plain(value: Any) -> Any:
    """A driver's value as Python's own: bytes, a time in UTC, JSON as text."""
    if isinstance(value, memoryview | bytearray):
        return bytes(value)
    if isinstance(value, datetime) and value.tzinfo:
        return _in_utc(value)
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=str, ensure_ascii=False)
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # the first or last day that there is, which stands for infinity
        return value.replace(tzinfo=UTC)


def digest_of_row(row: Row) -> str:
    """A digest of a row's values and their types."""
    return hashlib.blake2b(repr(row).encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()


def size_of_row(row: Row) -> int:
    """About how many bytes of memory a row takes."""
    return sum(_CELL_BYTES + (len(value) if isinstance(value, str | bytes) else 0) for value in row)


def write_parquet(names: Sequence[str], rows: Sequence[Row], path: Path, after: str = "") -> None:
    """Write rows to a file; the same rows after the same state give the same bytes."""
    columns = [_column([row[at] for row in rows]) for at in range(len(names))]
    table = pa.Table.from_arrays(columns, names=list(names), metadata={"after": after} if after else None)
    pq.write_table(table, path, compression="zstd")


def _column(values: list[Any]) -> pa.Array:
    kind = _type_of(values)
    if kind is None:
        return pa.array(list(map(_text, values)), pa.string())
    if pa.types.is_decimal(kind):
        values = [None if value is None else Decimal(value) for value in values]
    return pa.array(values, kind)


def _type_of(values: Sequence[Any]) -> pa.DataType | None:
    """The Arrow type that holds all values exactly; None if only text does."""
    given = [value for value in values if value is not None]
    kinds = set(map(type, given))
    if not kinds:
        return pa.string()
    if kinds <= {int, Decimal}:
        return _number_type(given, kinds)
    if len(kinds) > 1:
        return None
    if kinds == {datetime}:
        zones = {value.tzinfo is not None for value in given}
        return pa.timestamp(_MICROSECONDS, "UTC" if zones == {True} else None) if len(zones) == 1 else None
    fixed = {bool: pa.bool_(), float: pa.float64(), bytes: pa.binary(), date: pa.date32()}
    return fixed.get(kinds.pop())


def _number_type(given: Sequence[int | Decimal], kinds: set[type]) -> pa.DataType | None:
    if kinds == {int} and all(value in _INT64 for value in given):
        return pa.int64()
    numbers = [Decimal(value) for value in given]
    if not all(number.is_finite() for number in numbers):
        return None
    scale = max(max(0, -int(number.as_tuple().exponent)) for number in numbers)
    whole = max(max(1, number.adjusted() + 1) for number in numbers)
    return pa.decimal128(whole + scale, scale) if whole + scale <= _MOST_DIGITS else None


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    return str(value).encode("utf-8", "backslashreplace").decode()
