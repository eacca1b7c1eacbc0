"""The header of a CSV file: what stands above it, its delimiter, its names, and where the records begin."""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from user_activity.ingest.readers.files import FileProblem, check_utf8, chunks
from user_activity.setting_types import folded
from user_activity.source_maps import BLANKS, FileFormat

LONGEST_HEADER = 1024**2
_DELIMITERS = (",", ";", "\t", "|")
_UNSAID = FileFormat()
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_BETWEEN_BLANKS = re.compile(rf"{_QUOTED.pattern}(?![^ \t])|[^ \t]+")
_SEPARATOR_LINE = re.compile(r'"?sep=([^"])"?', re.IGNORECASE)
"""The first line of a file for spreadsheets: it names the delimiter."""


@dataclass(frozen=True)
class Header:
    """The column names of a CSV file, its delimiter, and the number of bytes before the first record."""

    names: tuple[str, ...]
    delimiter: str
    """One character, or ``BLANKS``."""
    size: int
    comment: str | None = None
    """How lines begin that are no records."""

    @property
    def is_simple(self) -> bool:
        """Whether the quick reader can split the file."""
        return self.delimiter != BLANKS and self.delimiter.isascii() and not self.comment


def unix_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The stream in chunks, with LF for each line end (CRLF or CR alone), within quotes, too."""
    held = b""
    for piece in chunks(stream):
        if held or b"\r" in piece:
            piece = held + piece
            held = b"\r" if piece.endswith(b"\r") else b""
            piece = piece.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if piece:
            yield piece
    if held:
        yield b"\n"


def records_of(stream: BinaryIO, header: Header) -> Iterator[bytes]:
    """The same without the header and what stands above it."""
    left = header.size
    for piece in unix_lines(stream):
        if kept := piece[left:]:
            yield kept
        left -= min(left, len(piece))


def header_of(stream: BinaryIO, is_known: Callable[[str], bool], file: FileFormat = _UNSAID) -> Header:
    """The header: the first line that is not blank, no comment, and does not just name the delimiter.

    A line that begins with ``#`` is a comment unless it has a known name; if the format gives the names, the line may
    be a record, and only what the format calls a comment is one. Blank names become ``column_<n>``.
    """
    own = None
    for line, start, end in _lines(next(unix_lines(stream), b"")):
        delimiter = own or file.separator or _delimiter(line)
        if not line.strip(f'{delimiter} \t"' if file.header is None and delimiter != BLANKS else None):
            continue
        if not own and (separator_line := _SEPARATOR_LINE.fullmatch(line)):
            own = separator_line[1]
        elif file.comment and line.startswith(file.comment):
            continue
        elif file.header is not None:
            return _given(file, line, delimiter, start, end)
        elif not line.startswith("#") or _is_header(line, delimiter, is_known):
            return Header(_names(line, delimiter), delimiter, end, file.comment)
    if file.header is not None:
        raise FileProblem("file_empty", "has no records: send it again with them")
    raise FileProblem("file_empty", "has no header: add a first line that names its columns, and send it again")


def _given(file: FileFormat, line: str, delimiter: str, start: int, end: int) -> Header:
    """The header that the format gives. A first line with one of its names in its place is a header, and no record."""
    if not file.header:
        numbers = range(1, len(_names(line, delimiter)) + 1)
        return Header(tuple(f"c{number}" for number in numbers), delimiter, start, file.comment)
    found = [] if line.count('"') % 2 else _names(line, delimiter)  # a quote that is open belongs to a record
    is_header = any(folded(name) == folded(given) for name, given in zip(found, file.header, strict=False))
    return Header(file.header, delimiter, end if is_header else start, file.comment)


def split_by_blanks(line: str) -> list[str]:
    """The texts of a line between runs of spaces and tabs; one in quotes may hold some."""
    found = _BETWEEN_BLANKS.findall(line)
    return [text[1:-1].replace('""', '"') if text[:1] == '"' and _QUOTED.fullmatch(text) else text for text in found]


def _lines(head: bytes) -> Iterator[tuple[str, int, int]]:
    """The lines at the beginning of a file, each with its position and that of the next one."""
    start = 0
    while start < len(head):
        end = head.find(b"\n", start)
        if end < 0 and len(head) - start > LONGEST_HEADER:
            raise FileProblem(
                "file_csv_header", f"has a header of more than {LONGEST_HEADER} bytes: shorten its first line"
            )
        line = head[start:] if end < 0 else head[start:end]
        check_utf8(line, start)
        if b"\0" in line:
            raise FileProblem(
                "file_encoding", "holds NUL in its header, as UTF-16 does: save it as UTF-8 and send it again"
            )
        following = min(start + len(line) + 1, len(head))
        yield line.decode("utf-8"), start, following
        start = following


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=re.sub('"[^"]*"', "", line).count)


def _is_header(line: str, delimiter: str, is_known: Callable[[str], bool]) -> bool:
    """Whether a line that begins with ``#`` names columns."""
    names = [name.strip(' "') for name in line.removeprefix("#").split(delimiter)]
    return len(names) > 1 and any(map(is_known, names))


def _names(line: str, delimiter: str) -> tuple[str, ...]:
    if delimiter == BLANKS:
        return tuple(split_by_blanks(line))
    if line.count('"') % 2:
        raise FileProblem(
            "file_csv_header", "has a header with an opening quote that is never closed: correct its first line"
        )
    try:
        fields = next(csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter != " "), [])
    except csv.Error as error:
        raise FileProblem("file_csv_header", f"has a header that is no CSV ({error}): correct its first line") from None
    names = [name.strip() for name in fields]
    if line.startswith("#"):
        names[0] = names[0].lstrip("# ") or "#"
    return tuple(name or f"column_{number}" for number, name in enumerate(names, 1))
