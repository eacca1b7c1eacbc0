"""CSV files with faulty quoting, comments, or blanks between columns: each record is parsed on its own.

One fault costs one record.
"""

import csv
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import BinaryIO

import pyarrow as pa

from user_activity.ingest.readers.batches import NOTHING, SEPARATOR, Batches, Numbering, Shape, texts
from user_activity.ingest.readers.csv_header import Header, records_of, split_by_blanks
from user_activity.ingest.readers.json_lines import blocks
from user_activity.source_maps import BLANKS

BATCH_ROWS = 20_000
LONGEST_RECORD_LINES = 1_000
"""The limit for lines in one record: beyond it, the opening quote is taken for an error."""

_CONTROL = "holds a control character (U+001E or U+001F) that is not text"

Record = tuple[str, str | None, str | None]
"""A record's original text, its fields (joined by the separator), and its problem."""


def careful_batches(stream: BinaryIO, shape: Shape, header: Header, numbering: Numbering, limit: int) -> Batches:
    """The file's records as batches; a record that cannot be parsed has a problem and no fields."""
    records = _records(stream, header, limit)
    while found := list(islice(records, BATCH_ROWS)):
        yield _batch(found, shape, numbering)


def _batch(found: list[Record], shape: Shape, numbering: Numbering) -> pa.RecordBatch:
    return numbering.batch(shape, [texts(column) for column in zip(*found, strict=True)])


def _records(stream: BinaryIO, header: Header, limit: int) -> Iterator[Record]:
    """Records in order. A quote that is never closed, or is closed wrongly, costs only the line on which it opens."""
    delimiter, width = header.delimiter, len(header.names)
    found = blocks(records_of(stream, header), limit, header.size)
    lines = (line for block in found for line in block.decode("utf-8").split("\n")[:-1])
    waiting: deque[str] = deque()
    while (first := waiting.popleft() if waiting else next(lines, None)) is not None:
        if not first.strip() or (header.comment and first.startswith(header.comment)):
            continue
        if delimiter == BLANKS:
            yield first, *_joined(split_by_blanks(first))
            continue
        if '"' not in first:
            yield _plain(first, delimiter)
            continue
        record, taken = first, 0
        while record.count('"') % 2 and taken < LONGEST_RECORD_LINES and len(record) <= limit:
            if taken == len(waiting):
                following = next(lines, None)
                if following is None:
                    break
                waiting.append(following)
            record += "\n" + waiting[taken]
            taken += 1
        fields = _fields(record, delimiter)
        if taken and (fields is None or len(fields) != width):
            record, taken = first, 0
            fields = _fields(record, delimiter)  # a quote inside of a field that has no quotes around it is text
        if fields is not None:
            for _ in range(taken):
                waiting.popleft()
            yield record, *_joined(fields)
        else:
            yield first, None, _fault(first)


def _plain(line: str, delimiter: str) -> Record:
    if SEPARATOR in line or NOTHING in line:
        return line, None, _CONTROL
    return line, line.replace(delimiter, SEPARATOR), None


def _joined(fields: list[str]) -> tuple[str | None, str | None]:
    if any(SEPARATOR in field or NOTHING in field for field in fields):
        return None, _CONTROL
    return SEPARATOR.join(fields), None


def _fields(record: str, delimiter: str) -> list[str] | None:
    """The fields; a quote after blanks opens a field if it closes at its end, and is text otherwise."""
    for skip in (False,) if delimiter == " " else (True, False):
        with suppress(csv.Error, StopIteration):
            return next(csv.reader([record], delimiter=delimiter, strict=True, skipinitialspace=skip))
    return None


def _fault(line: str) -> str:
    if line.count('"') % 2:
        return "has an opening quote that is never closed"
    return "has a quote in the middle of a field: double it and quote the field"
