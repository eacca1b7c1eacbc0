"""How a file has to be read, where it shows that but ingest does not find it out: proposals for ``file`` of a map."""

import codecs
import re
from collections.abc import Iterable, Mapping
from typing import Any

from user_activity.ingest.inspection.fields import Field
from user_activity.ingest.validation.conversions import number_pattern, pointed
from user_activity.ingest.validation.field_maps import field_map
from user_activity.settings import Settings
from user_activity.source_maps import FileFormat, SourceMap
from user_activity.sources import SOURCES

_COMPARED_LINES = 20
_FRACTIONS = {
    ",": re.compile(r".*[0-9]*,([0-9]{1,2}|[0-9]{4,})|.*\.[0-9]{3},[0-9]+"),
    ".": re.compile(r".*,[0-9]{3}\.[0-9]+"),
}
"""By decimal mark, the numbers that can have no other."""


def encoding_of(head: bytes) -> str | None:
    """The encoding of text that is not UTF-8 and has no mark; None if it is UTF-8."""
    even, odd = (head[start::2].count(0) for start in (0, 1))
    if even or odd:
        return "utf-16-le" if odd > even else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        try:
            head.decode("cp1252")
        except UnicodeDecodeError:
            return "latin-1"
        return "cp1252"
    return None


def is_between_blanks(text: bytes) -> bool:
    """Whether all lines have as many columns, with blanks between them; a comma may only be a decimal one."""
    lines = [line for line in text.split(b"\n")[:_COMPARED_LINES] if line.strip()]
    if re.search(rb"[;|\t]", text[: len(b"\n".join(lines))]) or re.search(
        rb",(?![0-9])|(?<![0-9]),", b"\n".join(lines)
    ):
        return False
    widths = {len(line.split()) for line in lines}
    is_aligned = any(re.search(rb"^ |\S  +\S", line) for line in lines)
    return len(widths) == 1 and widths != {1} and (is_aligned or b"," not in text)


def decimal_of(fields: Iterable[Field]) -> str | None:
    """The decimal mark of a field that has numbers alone, of which some can have no other mark."""
    for mark, sure in _FRACTIONS.items():
        number = re.compile(number_pattern(mark))
        for field in fields:
            if field.tried and all(map(number.fullmatch, field.tried)) and any(map(sure.fullmatch, field.tried)):
                return mark
    return None


def with_points(fields: Mapping[str, Field], mark: str | None) -> dict[str, Field]:
    """The fields with the numbers of a decimal mark as validation reads them."""
    if mark is None:
        return dict(fields)
    return {
        path: Field(path, [value and pointed(value, mark) for value in field.values]) for path, field in fields.items()
    }


def assuming(settings: Settings, guessed: Mapping[str, Any]) -> Settings:
    """The settings with what is guessed of the file wherever the map of a source does not say it."""
    if not guessed:
        return settings
    guess = SourceMap(file=FileFormat.model_validate(guessed))
    maps = {source: guess.overridden(field_map(settings, source)) for source in SOURCES}
    return settings.model_copy(update={"field_maps": maps, "field_maps_file": None})
