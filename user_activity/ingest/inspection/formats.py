"""The format of a file by its content, and the name under which it can land."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from user_activity.ingest.inspection.reading import encoding_of, is_between_blanks
from user_activity.ingest.readers.files import TABLES, FileProblem, chunks, form_of, marked_encoding, opened
from user_activity.source_maps import BLANKS

_LOG_LINE = re.compile(rb'[^"\n]*\[\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] "')
_MAGIC = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst"}
_UNREADABLE = {
    b"PK\x03\x04": "a ZIP archive or a spreadsheet: export it as CSV, or unpack it",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet: export it as CSV",
    b"SQLite format 3": "a SQLite database: export its table as CSV",
    b"%PDF": "a PDF document: export the data as CSV",
    b"BZh": "compressed with bzip2: compress it with gzip or zstd, or not at all",
    b"\xfd7zXZ": "compressed with xz: compress it with gzip or zstd, or not at all",
}
_HEAD_BYTES = 64 * 1024
_JSON = (".json", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class Recognised:
    """What a file's bytes show before it is read."""

    form: str
    """The ending that its format has: ``.csv``, ``.log``, …"""
    compression: str
    encoding: str
    name: str
    """The name to land it under: its own if that says the format."""
    file: Mapping[str, Any] = field(default_factory=dict)
    """What the map of its source has to say for it to be read."""


def recognised(path: Path) -> Recognised:
    """The format of a file. Raises ``FileProblem`` if it is none that can be read."""
    with path.open("rb") as raw:
        magic = raw.read(16)
    named, ending = form_of(path.name)
    compression = next((each for mark, each in _MAGIC.items() if magic.startswith(mark)), "")
    if problem := next((each for mark, each in _UNREADABLE.items() if magic.startswith(mark)), None):
        raise FileProblem("file_format", f"is {problem}")
    if not magic:
        raise FileProblem("file_empty", "is empty")
    with opened(path, compression) as stream:
        head = bytes(stream.read(_HEAD_BYTES))
    guessed: dict[str, Any] = {}
    if head.startswith(b"PAR1"):
        form, encoding = ".parquet", ""
    else:
        other = None if marked_encoding(head) else encoding_of(head)
        guessed |= {"encoding": other} if other else {}
        utf8 = "UTF-8 with a mark" if head.startswith(b"\xef\xbb\xbf") else "UTF-8"
        encoding = marked_encoding(head) or other or utf8
        with opened(path, compression, other) as stream:
            text = next(chunks(stream, _HEAD_BYTES), b"").lstrip()
        if not text:
            raise FileProblem("file_empty", "holds nothing but blanks")
        form = _text_form(text, named)
        guessed |= {"separator": BLANKS} if form == ".csv" and is_between_blanks(text) else {}
    fits = (
        named == form
        or (form == ".csv" and named in TABLES)
        or (form == ".jsonl" and named == ".ndjson")
        or (form in _JSON and named == ".json")
    )
    fits = fits and ending == compression
    plain = path.name.removesuffix(path.suffix) if ending else path.name
    stem = plain.removesuffix(Path(plain).suffix) if named in (*_JSON, *TABLES, ".parquet") else plain
    return Recognised(form, compression, encoding, path.name if fits else f"{stem}{form}{compression}", guessed)


def _text_form(text: bytes, named: str) -> str:
    if text.startswith(b"["):
        return ".json" if not _LOG_LINE.match(text) else ".log"
    if text.startswith(b"{"):
        return ".json" if named not in (".jsonl", ".ndjson") else ".jsonl"
    if named == ".log" or (named != ".csv" and _LOG_LINE.match(text)):
        return ".log"
    first = text.partition(b"\n")[0]
    if re.search(rb"[,;\t|]", first) or named in (".csv", ".tsv") or is_between_blanks(text):
        return ".csv"
    raise FileProblem("file_format", "is no CSV, JSON, Parquet or access log")
