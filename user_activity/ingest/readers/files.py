"""Files as bytes: names, formats, digests, decompression and encoding."""

import codecs
import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path, PurePath
from typing import BinaryIO, cast

import pyarrow as pa

CHUNK_BYTES = 4 * 1024**2
MOST_FIELDS = 10_000
"""The limit for columns of a file and keys of a JSON record; processing time per record grows with them."""
TABLES = (".csv", ".tsv", ".txt")
"""The names of files that are read as CSV."""
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_UTF8_MARK = b"\xef\xbb\xbf"
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16",
}  # fmt: skip
"""The byte order marks of other encodings. Those of UTF-32 come first: one of them begins as one of UTF-16 does."""


class FileProblem(Exception):
    """A whole file is rejected: the rule's name, and one sentence that says what is wrong and what to do."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule
        self.sentence = sentence


class NoHeader(FileProblem):
    """A CSV file is rejected because its first line is a record."""


@dataclass(frozen=True)
class InputFile:
    """A file to read: the path of its bytes, and its metadata."""

    path: Path
    name: str
    sha256: str
    landing_date: date
    size_bytes: int
    mtime_ns: int

    @property
    def loaded_at(self) -> datetime:
        """The file's modification time, so that reading the file twice gives the same rows."""
        return datetime(1970, 1, 1) + timedelta(microseconds=self.mtime_ns // 1000)


def shown(name: str | Path) -> str:
    """A file's name as text that any format can hold."""
    return os.fsencode(os.fspath(name)).decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


def form_of(name: str) -> tuple[str, str]:
    """A file's format and compression from its name, for example ``(".jsonl", ".gz")``."""
    path = PurePath(name.lower())
    return (PurePath(path.stem).suffix, path.suffix) if path.suffix in _COMPRESSIONS else (path.suffix, "")


def sha256_of(path: Path) -> str:
    """The SHA-256 of the file's bytes as they landed, before decompression."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_damage(error: Exception) -> bool:
    """Whether an error is about the bytes that were read, and not about the machine (memory, I/O)."""
    of_the_machine = isinstance(error, MemoryError) or getattr(error, "errno", None) is not None
    return not of_the_machine and "alloc" not in str(error).lower()


@contextmanager
def opened(path: Path, compression: str, encoding: str | None = None) -> Iterator[BinaryIO]:
    """The file's decompressed bytes, as UTF-8 if it is in another encoding; its mark wins over what is said here.

    A truncated or damaged archive, or text in another encoding, raises ``FileProblem``.
    """
    with _decompressed(path, compression) as stream:
        yield stream if encoding is None else cast("BinaryIO", _Recoded(stream, encoding))


class _Recoded:
    """A stream of text in some encoding, read as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self._pieces: Iterator[bytes] | None = None

    def read(self, size: int) -> bytes:
        """The next piece, which may be longer; empty at the end."""
        if self._pieces is None:
            first = bytes(self._stream.read(size))
            pieces = chain((first,), map(bytes, iter(lambda: self._stream.read(size), b"")))
            marked = marked_encoding(first) or first.startswith(_UTF8_MARK)
            self._pieces = pieces if marked else filter(None, _as_utf8(pieces, self._encoding))
        return next(self._pieces, b"")


@contextmanager
def _decompressed(path: Path, compression: str) -> Iterator[BinaryIO]:
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


def marked_encoding(head: bytes) -> str | None:
    """The encoding other than UTF-8 that a file's byte order mark names."""
    return next((encoding for mark, encoding in _MARKS.items() if head.startswith(mark)), None)


def chunks(stream: BinaryIO, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The stream in chunks, without a byte order mark; a mark of UTF-16 or UTF-32 makes it UTF-8.

    Raises ``FileProblem`` for text that is not in the encoding of its mark.
    """
    first = bytes(stream.read(size))
    pieces = chain((first.removeprefix(_UTF8_MARK),), map(bytes, iter(lambda: stream.read(size), b"")))
    encoding = marked_encoding(first)
    yield from filter(None, _as_utf8(pieces, encoding) if encoding else pieces)


def _as_utf8(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in pieces:
            yield decoder.decode(piece).encode()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise FileProblem(
            "file_encoding", f"is not valid {encoding} ({error.reason}): save it as UTF-8 and send it again"
        ) from None


def check_utf8(text: bytes, offset: int) -> None:
    """Raise ``FileProblem`` for bytes that are not UTF-8; ``offset`` is their position in the file."""
    if text.isascii():
        return
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileProblem(
            "file_encoding",
            f"is not UTF-8 (byte {offset + error.start}): save it as UTF-8 and send it again, or name its encoding in "
            "the map of its source (file: {encoding: cp1252})",
        ) from None


def check_names(names: Sequence[str]) -> None:
    """Raise ``FileProblem`` if two columns have the same name or there are too many columns."""
    if len(names) > MOST_FIELDS:
        raise FileProblem("file_columns", f"has {len(names)} columns: leave some out, at most {MOST_FIELDS} are read")
    twice = next((name for name, times in Counter(names).items() if times > 1), None)
    if twice is not None:
        raise FileProblem("file_columns", f"names the column {twice!r} twice: rename one and send it again")


def too_long(limit: int) -> FileProblem:
    """The error for a record that is longer than the settings allow."""
    return FileProblem(
        "file_line_too_long",
        f"holds a record of more than {limit} bytes: split it, or raise USER_ACTIVITY_MAX_LINE_BYTES",
    )
