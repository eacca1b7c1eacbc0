"""CSV files: splitting them into records and fields."""

import csv
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from user_activity.ingest.readers.batches import NOTHING, SEPARATOR, Batches, Numbering, Shape, text_array
from user_activity.ingest.readers.files import FileProblem, check_names, check_utf8, chunks, too_long
from user_activity.ingest.readers.json_lines import without_blank_lines

Bytes = np.ndarray[Any, Any]
_QUOTE, _NEWLINE, _BLANK = 34, 10, 32
LONGEST_HEADER = 1024**2
_DELIMITERS = (",", ";", "\t", "|")


csv.field_size_limit(2**31 - 1)  # applies to the whole process; the length of a record is limited by the settings


class InconsistentQuoting(Exception):
    """The file's quoting is inconsistent: it must be read with the tolerant reader, record by record."""


def header_of(stream: BinaryIO) -> tuple[tuple[str, ...], str]:
    """The column names of a CSV file and its delimiter; blank names become ``column_<n>``."""
    first = next(chunks(stream), b"").lstrip(b"\r\n \t") or b""
    line, newline, _ = first.partition(b"\n")
    if not newline and len(first) > LONGEST_HEADER:
        raise FileProblem(
            "file_csv_header", f"has a header of more than {LONGEST_HEADER} bytes: shorten its first line"
        )
    check_utf8(line, 0)
    if b"\0" in line:
        raise FileProblem(
            "file_encoding", "holds NUL in its header, as UTF-16 does: save it as UTF-8 and send it again"
        )
    text = line.decode("utf-8").strip("\r")
    if "\r" in text and not newline:
        raise FileProblem(
            "file_csv_header", "ends its lines with CR alone: save it with the line ends LF or CRLF and send it again"
        )
    delimiter = max(_DELIMITERS, key=text.count)
    if text.count('"') % 2:
        raise FileProblem(
            "file_csv_header", "has a header with an opening quote that is never closed: correct its first line"
        )
    try:
        names = [name.strip() for name in next(csv.reader([text], delimiter=delimiter), [])]
    except csv.Error as error:
        raise FileProblem("file_csv_header", f"has a header that is no CSV ({error}): correct its first line") from None
    names = [name or f"column_{number}" for number, name in enumerate(names, 1)]
    check_names(names)
    if not text.strip():
        raise FileProblem("file_empty", "has no header: the first line of a CSV file names its columns")
    return tuple(names), delimiter


def quick_batches(stream: BinaryIO, shape: Shape, delimiter: str, numbering: Numbering, limit: int) -> Batches:
    """The file's records as batches, each with its original text and its fields.

    Raises ``InconsistentQuoting`` if the quoting is inconsistent.
    """
    is_header = True
    for block, inside in _blocks(stream, limit):
        data = np.frombuffer(block, np.uint8)
        ends = data == _NEWLINE if inside is None else (data == _NEWLINE) & ~inside
        starts = np.concatenate((np.zeros(1, np.int64), np.flatnonzero(ends) + 1))
        if int(np.diff(starts).max()) > limit + 1:
            raise too_long(limit)
        if inside is None:
            block, starts = without_blank_lines(block, data, starts)
        elif (np.diff(starts) == 1).any():
            raise InconsistentQuoting  # a blank line among quoted records
        fields = _separated(block, inside, delimiter)
        if inside is not None:
            _check_lines(data, inside, np.frombuffer(fields, np.uint8), starts, len(shape.names))
        starts, is_header = starts[1:] if is_header and len(starts) > 1 else starts, is_header and len(starts) == 1
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


def _blocks(stream: BinaryIO, limit: int) -> Iterator[tuple[bytes, Bytes | None]]:
    """Blocks of complete records, each with a mask of the bytes inside quotes (None: the block has no quotes)."""
    rest, offset = b"", 0
    for piece in chain(chunks(stream), (b"",)):
        block = rest + piece if piece else rest + (b"\n" if rest and not rest.endswith(b"\n") else b"")
        block = block.replace(b"\r\n", b"\n") if b"\r" in block else block
        if b'"' not in block:
            cut, inside = block.rfind(b"\n") + 1, None
        else:
            data = np.frombuffer(block, np.uint8)
            quotes = data == _QUOTE
            inside = (np.cumsum(quotes, dtype=np.uint8) & 1).astype(np.bool_)
            ends = np.flatnonzero((data == _NEWLINE) & ~inside)
            cut = int(ends[-1]) + 1 if len(ends) else 0
            if b"\r" in block[:cut]:
                raise InconsistentQuoting  # a lone CR outside quotes does not belong to a record
            _check_quotes(data[:cut], np.flatnonzero(quotes[:cut]))
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


def _check_quotes(data: Bytes, quotes: Bytes) -> None:
    """Raise ``InconsistentQuoting`` unless every quote opens a field, closes one, or is half of a doubled quote."""
    opens, closes = quotes[0::2], quotes[1::2]
    doubled = closes[:-1] + 1 == opens[1:]
    before, after = data[opens[1:][~doubled] - 1], data[np.append(closes[:-1][~doubled], closes[-1:]) + 1]
    first = data[opens[:1] - 1] if len(opens) and opens[0] else np.empty(0, np.uint8)
    borders = np.frombuffer(("\n" + "".join(_DELIMITERS)).encode(), np.uint8)
    if not (np.isin(before, borders).all() and np.isin(after, borders).all() and np.isin(first, borders).all()):
        raise InconsistentQuoting
