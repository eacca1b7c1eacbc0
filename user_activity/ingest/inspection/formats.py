"""The format of a file by its content, and the name under which it can land."""

import re
from dataclasses import dataclass
from pathlib import Path

from user_activity.ingest.readers.files import FileProblem, chunks, form_of, marked_encoding, opened

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
_COMPARED_LINES = 20
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
    if head.startswith(b"PAR1"):
        form, encoding = ".parquet", ""
    else:
        encoding = marked_encoding(head) or ("UTF-8 with a mark" if head.startswith(b"\xef\xbb\xbf") else "UTF-8")
        with opened(path, compression) as stream:
            text = next(chunks(stream, _HEAD_BYTES), b"").lstrip()
        if not text:
            raise FileProblem("file_empty", "holds nothing but blanks")
        form = _text_form(text, named)
    fits = named == form or (form == ".jsonl" and named == ".ndjson") or (form in _JSON and named == ".json")
    fits = fits and ending == compression
    plain = path.name.removesuffix(path.suffix) if ending else path.name
    stem = plain.removesuffix(Path(plain).suffix) if named in (*_JSON, ".csv", ".parquet", ".txt", ".tsv") else plain
    return Recognised(form, compression, encoding, path.name if fits else f"{stem}{form}{compression}")


def _text_form(text: bytes, named: str) -> str:
    if text.startswith(b"["):
        return ".json" if not _LOG_LINE.match(text) else ".log"
    if text.startswith(b"{"):
        return ".json" if named not in (".jsonl", ".ndjson") else ".jsonl"
    if named == ".log" or (named != ".csv" and _LOG_LINE.match(text)):
        return ".log"
    first = text.partition(b"\n")[0]
    if re.search(rb"[,;\t|]", first) or named in (".csv", ".tsv"):
        return ".csv"
    widths = {len(line.split()) for line in text.split(b"\n")[:_COMPARED_LINES] if line.strip()}
    if widths != {1} and len(widths) == 1:
        raise FileProblem(
            "file_format",
            "separates its columns with blanks, which no reader splits: turn them into commas "
            "(sed 's/^ *//; s/  */,/g' FILE > NEW.csv), under a first line that names the columns",
        )
    raise FileProblem("file_format", "is no CSV, JSON, Parquet or access log")
