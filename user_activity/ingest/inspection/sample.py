"""The first records of a file, read by the readers of ingest, as fields that no column has taken yet."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from user_activity.ingest.inspection.formats import Recognised
from user_activity.ingest.inspection.synonyms import names_of
from user_activity.ingest.readers.batches import Batches, Numbering, Shape
from user_activity.ingest.readers.csv import InconsistentQuoting
from user_activity.ingest.readers.files import InputFile
from user_activity.ingest.validation.expressions import ROWS, decode
from user_activity.ingest.validation.field_maps import field_map
from user_activity.ingest.validation.opening import Opening, Reader
from user_activity.ingest.validation.read import connected
from user_activity.origins import FieldMap, Origin
from user_activity.settings import Settings
from user_activity.sources import Source

Result = TypeVar("Result")


@dataclass(frozen=True)
class Sample:
    """The first records of a file as a reader of one source finds them."""

    opening: Opening
    records: list[dict[str, Any]]
    """Each record's fields: texts, and nested values."""
    is_whole: bool
    """Whether these are all records of the file."""


def input_file(path: Path, found: Recognised, landing_date: date) -> InputFile:
    """The file as it would be ingested if it landed on this date."""
    status = path.stat()
    return InputFile(path, found.name, "", landing_date, status.st_size, status.st_mtime_ns)


def mapped(settings: Settings, source: Source, columns: FieldMap) -> Settings:
    """The settings with these origins of a source's columns as the only ones, without a preset, which has some, too.

    What else its map says stays.
    """
    said = field_map(settings, source.name).model_copy(update={"preset": None, "columns": columns})
    return settings.model_copy(update={"field_maps": {source.name: said}, "field_maps_file": None})


def first_records(opening: Opening, most: int) -> Opening:
    """The same file, of which only the first records are read."""

    def rows(numbering: Numbering) -> Batches:
        left = most
        for batch in opening.rows(numbering):
            yield batch.slice(0, left)
            left -= min(left, len(batch))
            if not left:
                return

    return replace(opening, rows=rows)


def read_carefully(reader: Reader, file: InputFile, read: Callable[[Opening], Result]) -> Result:
    """What ``read`` makes of the file; with the tolerant reader if its quoting is inconsistent, as ingest does."""
    try:
        return read(reader.opening(file))
    except InconsistentQuoting:
        return read(reader.opening(file, carefully=True))


Seen = dict[tuple[Shape, tuple[str, ...]], Sample]
"""Samples of one file by what decides its records: most sources read a file in the same way."""


def sampled(file: InputFile, source: Source, settings: Settings, most: int, work_dir: Path, seen: Seen) -> Sample:
    """The first records of a file. Raises ``FileProblem`` if the source cannot read it.

    Records are found as with a field map that has every name we know; but no column takes a field.
    """
    reader = Reader(source, mapped(settings, source, _every_name(source)), work_dir)
    untaken = mapped(settings, source, dict.fromkeys(source.columns, Origin.model_validate({"const": None})))

    def read(opening: Opening) -> Sample:
        if found := seen.get((opening.shape, opening.envelope)):
            return found
        batches = list(first_records(opening, most + 1).rows(Numbering(file.landing_date)))
        with connected(settings, work_dir) as engine:
            engine.register(ROWS, pa.Table.from_batches(batches, schema=opening.shape.schema))
            decoded = decode(opening.shape, source, untaken)
            rows = engine.execute(
                f"select _properties from {decoded.sql} where _problem is null order by _row limit {most}"
            ).fetchall()
        records = [json.loads(text, parse_int=str, parse_float=str) if text else {} for (text,) in rows]
        sample = Sample(opening, records, is_whole=sum(map(len, batches)) <= most)
        return seen.setdefault((opening.shape, opening.envelope), sample)

    return read_carefully(reader, file, read)


def _every_name(source: Source) -> FieldMap:
    return {
        column: Origin.model_validate([column, *names, *names_of(source.name, column)])
        for column, names in source.spellings.items()
    }
