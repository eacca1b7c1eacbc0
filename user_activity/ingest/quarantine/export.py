"""Export of rejected records: as lines to repair and land again, or as a CSV table to read."""

import csv
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from user_activity.files import aside
from user_activity.ingest.lake import corrections
from user_activity.ingest.quarantine.records import BadRecord, Selection, select
from user_activity.ingest.readers.csv_header import Header, header_of, split_by_blanks
from user_activity.ingest.readers.files import TABLES, form_of, opened
from user_activity.ingest.validation.field_maps import field_map, field_maps
from user_activity.ingest.validation.known_names import KnownNames
from user_activity.settings import Settings
from user_activity.source_maps import BLANKS
from user_activity.sources import SOURCES

UNREADABLE = "_record"
"""The field for the text of a record that is not an object with named fields."""

COLUMNS = ("quarantine_id", "state", "source", "landing_date", "file_name", "row_number", "record", "reasons")
_GIVEN_ID = re.compile(rf'("{corrections.FIELD}"\s*:\s*)"{corrections.ID}"')
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(settings: Settings, target: Path, selection: Selection) -> int:
    """Write the selected records to a file; returns their number. Without records, no file is written.

    Files that were rejected as a whole are left out: they are in the archive. A ``.jsonl`` file has one original record
    per line, with its quarantine id, to be repaired and landed again (records from CSV become objects with the file's
    own column names). Any other file name gives a CSV with the reasons of each rejection.
    """
    selected = (record for record in select(settings, selection) if record.row_number is not None)
    with aside(target.parent) as temporary:
        # With a mark, the lines are read as UTF-8 again, even where the map says that files have another encoding.
        other = any(found.file.encoding for found in field_maps(settings).values())
        with temporary.open("w", encoding="utf-8-sig" if other else "utf-8", newline="") as stream:
            count = _as_lines(settings, selected, stream) if target.suffix == ".jsonl" else _as_csv(selected, stream)
        if count:
            os.replace(temporary, target)
    return count


def _as_lines(settings: Settings, selected: Iterable[BadRecord], stream: IO[str]) -> int:
    count, headers = 0, dict[Path, Header]()
    for bad in selected:
        form, compression = form_of(bad.file_name)
        if form in TABLES:
            if bad.archived not in headers:
                file = field_map(settings, bad.source).file
                with opened(bad.archived, compression, file.encoding) as original:
                    names = KnownNames(SOURCES[bad.source], settings)
                    headers[bad.archived] = header_of(original, names.is_known, file)
            line = _from_csv(bad, headers[bad.archived])
        else:
            line = _from_json(bad)
        stream.write(line + "\n")
        count += 1
    return count


def _from_json(bad: BadRecord) -> str:
    """The record's original text with its id inserted. It is not re-serialized, so that numbers keep their notation."""
    text = re.sub(r"[\r\n]+", " ", bad.record or "").strip()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return _object(bad, {UNREADABLE: bad.record or ""})
    if corrections.FIELD in found:
        renamed, times = _GIVEN_ID.subn(rf'\g<1>"{bad.quarantine_id}"', text)
        return renamed if times else _object(bad, found)
    return f'{{"{corrections.FIELD}": "{bad.quarantine_id}"{", " if found else ""}{text[1:].lstrip()}'


def _from_csv(bad: BadRecord, header: Header) -> str:
    try:
        record = [bad.record or ""]
        blanks = header.delimiter == BLANKS
        fields = split_by_blanks(*record) if blanks else next(csv.reader(record, delimiter=header.delimiter), [])
    except csv.Error:
        fields = []
    found = (
        dict(zip(header.names, fields, strict=True))
        if len(fields) == len(header.names)
        else {UNREADABLE: bad.record or ""}
    )
    return _object(bad, found)


def _object(bad: BadRecord, found: dict[str, Any]) -> str:
    text = json.dumps({corrections.FIELD: "", **found, corrections.FIELD: bad.quarantine_id}, ensure_ascii=False)
    # A lone surrogate cannot be encoded: it is written as a JSON escape, the way it was received.
    return text.encode("utf-8", "backslashreplace").decode()


def _as_csv(selected: Iterable[BadRecord], stream: IO[str]) -> int:
    writer, count = csv.writer(stream), 0
    writer.writerow(COLUMNS)
    for bad in selected:
        count += 1
        facts = {name: getattr(bad, name) for name in COLUMNS} | {"reasons": "; ".join(bad.reasons)}
        writer.writerow(_without_formula(value) for value in facts.values())
    return count


def _without_formula(value: Any) -> Any:
    """Prefix text that a spreadsheet would evaluate as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
