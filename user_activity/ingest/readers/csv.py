"""CSV files: splitting them into records and fields."""

import csv
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from user_activity.ingest.readers.batches import NOTHING, SEPARATOR, Batches, Numbering, Shape, text_array
from user_activity.ingest.readers.csv_header import Header, records_of
from user_activity.ingest.readers.files import check_utf8, too_long
from user_activity.ingest.readers.json_lines import without_blank_lines

Bytes = np.ndarray[Any, Any]
_QUOTE, _NEWLINE, _BLANK = 34, 10, 32

csv.field_size_limit(2**31 - 1)  # applies to the whole process; the length of a record is limited by the settings


class InconsistentQuoting(Exception):
    """The file's quoting is inconsistent: it must be read with the tolerant reader, record by record."""


def quick_batches(stream: BinaryIO, shape: Shape, header: Header, numbering: Numbering, limit: int) -> Batches:
    """The file's records as batches, each with its original text and its fields.

    Raises ``InconsistentQuoting`` if the quoting is inconsistent.
    """
    for block, inside in _blocks(stream, header, limit):
        data = np.frombuffer(block, np.uint8)
        ends = data == _NEWLINE if inside is None else (data == _NEWLINE) & ~inside
        starts = np.concatenate((np.zeros(1, np.int64), np.flatnonzero(ends) + 1))
        if int(np.diff(starts).max()) > limit + 1:
            raise too_long(limit)
        if inside is None:
            block, starts = without_blank_lines(block, data, starts)
        elif (np.diff(starts) == 1).any():
            raise InconsistentQuoting  # a blank line among quoted records
        fields = _separated(block, inside, header.delimiter)
        if inside is not None:
            _check_lines(data, inside, np.frombuffer(fields, np.uint8), starts, len(shape.names))
        if len(starts) > 1:
            end = int(starts[-1])
            columns = [text_array(block, starts[:-1], end), text_array(fields, starts[:-1], end)]
            yield numbering.batch(shape, [*columns, pa.nulls(len(starts) - 1, pa.string())])


def _check_lines(data: Bytes, inside: Bytes, fields: Bytes, starts: Bytes, width: int) -> None:
    """Raise ``InconsistentQuoting`` for a record that spans lines and has a wrong number of fields.

    Its opening quote was probably never closed.
    """
    inner = np.flatnonzero((data == _NEWLINE) & inside)
    for record in np.unique(np.searchsorted(starts, inner, side="right") - 1).tolist():
        if np.count_nonzero(fields[starts[record] : starts[record + 1]] == ord(SEPARATOR)) != width - 1:
            raise InconsistentQuoting


def _separated(block: bytes, inside: Bytes | None, delimiter: str) -> bytes:
    """The block, at the same length, with separators for delimiters and placeholders for outer quotes."""
    if SEPARATOR.encode() in block or NOTHING.encode() in block:
        raise InconsistentQuoting
    if inside is None:
        return block.translate(bytes.maketrans(delimiter.encode() + b"\n", SEPARATOR.encode() + b" "))
    data = np.frombuffer(block, np.uint8)
    fields = data.copy()
    fields[(data == ord(delimiter)) & ~inside] = ord(SEPARATOR)
    fields[(data == _NEWLINE) & ~inside] = _BLANK
    quotes = np.flatnonzero(data == _QUOTE)
    opens, closes = quotes[0::2], quotes[1::2]
    fields[quotes] = ord(NOTHING)
    doubled = closes[:-1] + 1 == opens[1:]
    fields[closes[:-1][doubled]] = ord(NOTHING)
    fields[opens[1:][doubled]] = _QUOTE
    return fields.tobytes()


def _blocks(stream: BinaryIO, header: Header, limit: int) -> Iterator[tuple[bytes, Bytes | None]]:
    """Blocks of complete records, each with a mask of the bytes inside quotes (None: the block has no quotes)."""
    rest, offset = b"", header.size
    for piece in chain(records_of(stream, header), (b"",)):
        block = rest + piece if piece else rest + (b"\n" if rest and not rest.endswith(b"\n") else b"")
        if b'"' not in block:
            cut, inside = block.rfind(b"\n") + 1, None
        else:
            data = np.frombuffer(block, np.uint8)
            quotes = data == _QUOTE
            inside = (np.cumsum(quotes, dtype=np.uint8) & 1).astype(np.bool_)
            ends = np.flatnonzero((data == _NEWLINE) & ~inside)
            cut = int(ends[-1]) + 1 if len(ends) else 0
            _check_quotes(data[:cut], np.flatnonzero(quotes[:cut]), header.delimiter)
            inside = inside[:cut]
        if not piece and cut != len(block):
            raise InconsistentQuoting
        rest = block[cut:]
        if len(rest) > limit:
            raise InconsistentQuoting
        if cut:
            check_utf8(block[:cut], offset)
            offset += cut
            yield block[:cut], inside


def _check_quotes(data: Bytes, quotes: Bytes, delimiter: str) -> None:
    """Raise ``InconsistentQuoting`` unless every quote opens a field, closes one, or is half of a doubled quote."""
    opens, closes = quotes[0::2], quotes[1::2]
    doubled = closes[:-1] + 1 == opens[1:]
    before, after = data[opens[1:][~doubled] - 1], data[np.append(closes[:-1][~doubled], closes[-1:]) + 1]
    first = data[opens[:1] - 1] if len(opens) and opens[0] else np.empty(0, np.uint8)
    borders = np.frombuffer(f"\n{delimiter}".encode(), np.uint8)
    if not (np.isin(before, borders).all() and np.isin(after, borders).all() and np.isin(first, borders).all()):
        raise InconsistentQuoting
