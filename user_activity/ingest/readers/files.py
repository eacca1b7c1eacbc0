"""Files as bytes: what they are called, whether they can be opened, what they hold once decompressed."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path, PurePath
from typing import BinaryIO

import pyarrow as pa

CHUNK_BYTES = 4 * 1024**2
MOST_FIELDS = 10_000
"""The columns of a file, and the keys of a JSON record; the time that a record takes grows with them."""
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_BYTE_ORDER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
UTF8_MARK = b"\xef\xbb\xbf"


class FileProblem(Exception):
    """Why a whole file is rejected: a rule's name, and what is wrong and what to do about it in one sentence."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule
        self.sentence = sentence


@dataclass(frozen=True)
class InputFile:
    """A file to be read: its bytes are at ``path``, everything else about it is settled."""

    path: Path
    name: str
    sha256: str
    landing_date: date
    size_bytes: int
    mtime_ns: int

    @property
    def loaded_at(self) -> datetime:
        """When the file was last modified: a fact of the file, so that reading it twice gives the same rows."""
        return datetime(1970, 1, 1) + timedelta(microseconds=self.mtime_ns // 1000)


def shown(name: str | Path) -> str:
    """A file's name as text that any format can hold."""
    return os.fsencode(os.fspath(name)).decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


def form_of(name: str) -> tuple[str, str]:
    """A file's format and compression by its name: ``(".jsonl", ".gz")``."""
    path = PurePath(name.lower())
    return (PurePath(path.stem).suffix, path.suffix) if path.suffix in _COMPRESSIONS else (path.suffix, "")


def sha256_of(path: Path) -> str:
    """The digest of a file's bytes as they landed."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_damage(error: Exception) -> bool:
    """Whether a library complains about the bytes that it was given, and not about the machine that it runs on."""
    of_the_machine = isinstance(error, MemoryError) or getattr(error, "errno", None) is not None
    return not of_the_machine and "alloc" not in str(error).lower()


@contextmanager
def opened(path: Path, compression: str) -> Iterator[BinaryIO]:
    """The file's bytes, decompressed; a truncated or damaged archive raises ``FileProblem`` where it breaks."""
    with path.open("rb") as raw:
        if not compression:
            yield raw
            return
        try:
            with pa.CompressedInputStream(raw, _COMPRESSIONS[compression]) as stream:
                yield stream
                return
        except OSError as error:
            if not is_damage(error):
                raise
            raise FileProblem(
                "file_truncated", f"is damaged or cut short ({compression[1:]}: {error}): send it again"
            ) from error


def chunks(stream: BinaryIO, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The stream in pieces, without a leading UTF-8 byte order mark; bytes of another encoding are refused."""
    first = True
    while piece := stream.read(size):
        if first:
            first = False
            if encoding := _BYTE_ORDER_MARKS.get(piece[:2]):
                raise FileProblem("file_encoding", f"is {encoding}: save it as UTF-8 and send it again")
            piece = piece.removeprefix(UTF8_MARK)
        yield bytes(piece)


def check_utf8(text: bytes, offset: int) -> None:
    """Refuse bytes that are not UTF-8; ``offset`` is where they begin in the file."""
    if text.isascii():
        return
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileProblem(
            "file_encoding", f"is not UTF-8 (byte {offset + error.start}): save it as UTF-8 and send it again"
        ) from None


def check_names(names: Sequence[str]) -> None:
    """Refuse a file's columns where two have one name, or where they are too many."""
    if len(names) > MOST_FIELDS:
        raise FileProblem("file_columns", f"has {len(names)} columns: leave some out, at most {MOST_FIELDS} are read")
    twice = next((name for name, times in Counter(names).items() if times > 1), None)
    if twice is not None:
        raise FileProblem("file_columns", f"names the column {twice!r} twice: rename one and send it again")


def too_long(limit: int) -> FileProblem:
    """The refusal of a record longer than the settings allow."""
    return FileProblem(
        "file_line_too_long",
        f"holds a record of more than {limit} bytes: split it, or raise USER_ACTIVITY_MAX_LINE_BYTES",
    )
