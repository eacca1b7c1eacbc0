"""The reader of each file: its format and shape, and how to read it from the start."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from user_activity.ingest.readers.batches import SEPARATOR, Batches, Numbering, Shape
from user_activity.ingest.readers.csv import quick_batches
from user_activity.ingest.readers.csv_header import Header, header_of
from user_activity.ingest.readers.csv_tolerant import careful_batches
from user_activity.ingest.readers.files import (
    TABLES,
    FileProblem,
    InputFile,
    NoHeader,
    check_names,
    chunks,
    form_of,
    opened,
)
from user_activity.ingest.readers.json_document import document_batches
from user_activity.ingest.readers.json_layout import batches_at, envelope_of, enveloped_batches, is_lines
from user_activity.ingest.readers.json_lines import line_batches
from user_activity.ingest.readers.parquet import opened_parquet, parquet_batches, parquet_shape
from user_activity.ingest.validation.field_maps import field_map
from user_activity.ingest.validation.known_names import KnownNames, repeated
from user_activity.settings import Settings
from user_activity.sources import Source

COMPARED_RECORDS = 100


@dataclass(frozen=True)
class Opening:
    """A file whose shape is known: ``rows`` reads it from the start."""

    shape: Shape
    rows: Callable[[Numbering], Batches]
    delimiter: str = ""
    """What separates the fields of a CSV file."""
    envelope: tuple[str, ...] = ()
    """The path to the records of a JSON file whose objects surround them."""


class Reader:
    """Reads the files of one source."""

    def __init__(self, source: Source, settings: Settings, work_dir: Path) -> None:
        self._source = source
        self._settings = settings
        self._work_dir = work_dir
        self._names = KnownNames(source, settings)
        self._format = field_map(settings, source.name).file

    def opening(self, file: InputFile, carefully: bool = False) -> Opening:
        """The file's shape and how to read it. Raises ``FileProblem`` if it is already clear that it cannot be read."""
        form, compression = form_of(file.name)
        if form not in self._source.formats:
            raise FileProblem(
                "file_format",
                f"has a format that is not supported for {self._source.name}: use {', '.join(self._source.formats)} "
                "(plain, .gz or .zst)",
            )
        if file.size_bytes == 0:
            raise FileProblem("file_empty", "is empty: send it again with its records")
        if form == ".parquet":
            return self._parquet(file, compression)
        with self._opened(file, compression) as stream:
            head = next(chunks(stream), b"")
        if not head.strip():
            raise FileProblem("file_empty", "is empty: send it again with its records")
        if form in TABLES:
            return self._csv(file, compression, carefully)
        shape = Shape("log") if form == ".log" else Shape("json")
        lines = partial(line_batches, comment=self._format.comment)
        read, path = self._document(file, compression, head, lines) if form == ".json" else (lines, ())
        return Opening(shape, lambda numbering: self._text(file, compression, read, shape, numbering), envelope=path)

    def _opened(self, file: InputFile, compression: str) -> AbstractContextManager[BinaryIO]:
        return opened(file.path, compression, self._format.encoding)

    def _document(
        self, file: InputFile, compression: str, head: bytes, lines: Callable[..., Batches]
    ) -> tuple[Callable[..., Batches], tuple[str, ...]]:
        if self._format.records:
            named = tuple(self._format.records.split("."))
            return partial(batches_at, path=named), named
        if is_lines(head, self._names.wraps):
            return lines, ()
        with self._opened(file, compression) as stream:
            path = envelope_of(stream, self._names.wraps, self._settings.max_line_bytes)
        return (partial(enveloped_batches, path=path), path) if path else (document_batches, ())

    def _text(
        self, file: InputFile, compression: str, read: Callable[..., Batches], shape: Shape, numbering: Numbering
    ) -> Batches:
        with self._opened(file, compression) as stream:
            yield from read(stream, shape, numbering, self._settings.max_line_bytes)

    def _csv(self, file: InputFile, compression: str, carefully: bool) -> Opening:
        with self._opened(file, compression) as stream:
            header = header_of(stream, self._names.is_known, self._format)
        if self._format.header is None:
            self._check_header(file, compression, header)
        check_names(header.names)
        shape = Shape("csv", header.names)

        batches = quick_batches if header.is_simple and not carefully else careful_batches

        def rows(numbering: Numbering) -> Batches:
            with self._opened(file, compression) as stream:
                yield from batches(stream, shape, header, numbering, self._settings.max_line_bytes)

        return Opening(shape, rows, delimiter=header.delimiter)

    def _check_header(self, file: InputFile, compression: str, header: Header) -> None:
        """Raise ``FileProblem`` if the header is a record: it looks like one, or is like the records that follow."""
        value = self._names.value_among(header.names)
        if not value and any(map(self._names.is_known, header.names)):
            return
        shape, numbering, count = Shape("csv", header.names), Numbering(file.landing_date), 1
        with self._opened(file, compression) as stream:
            for batch in careful_batches(stream, shape, header, numbering, self._settings.max_line_bytes):
                compared = batch.column("_fields").slice(0, COMPARED_RECORDS).to_pylist()
                value = value or repeated(header.names, [fields.split(SEPARATOR) for fields in compared if fields])
                if not value:
                    return
                count += len(batch)
        raise NoHeader(
            "file_csv_header",
            f"has no header, for {value or header.names[0]!r} in its first line is not the name of a column, so no "
            f"record is ingested ({count} in all): add a first line that names the columns "
            f"({', '.join(self._source.required)}, …), and send it again, or name them in the map of its source "
            f"(file: {{header: [{self._source.required[0]}, …]}})",
        )

    def _parquet(self, file: InputFile, compression: str) -> Opening:
        with opened_parquet(file.path, compression, self._work_dir) as parquet:
            shape = parquet_shape(parquet)

        def rows(numbering: Numbering) -> Batches:
            with opened_parquet(file.path, compression, self._work_dir) as parquet:
                yield from parquet_batches(parquet, shape, numbering)

        return Opening(shape, rows)
