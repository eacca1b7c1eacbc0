"""What a proposed map says besides columns: how the file is read, what makes an id, what names mean."""

from collections.abc import Sequence
from typing import Any

from user_activity.origins import Origin
from user_activity.setting_types import EVENT_TYPES, ORDER_STATUSES, folded
from user_activity.source_maps import SourceMap
from user_activity.sources import Source

BUILT_IN = {"event_type": EVENT_TYPES, "status": ORDER_STATUSES}
"""The columns whose names may stand for ours, and ours."""
_SECTIONS = {"event_type": "roles", "status": "statuses"}

Meanings = dict[str, list[str]]
"""Our name, then those of the file that mean it."""


def unnamed(column: str, values: Sequence[str], spellings: Sequence[str], existing: SourceMap) -> list[str]:
    """Of the values of a column, those that are not ours in any spelling and that no map says the meaning of."""
    known = {folded(name) for name in (*BUILT_IN[column], *spellings)} | existing.meanings.get(column, {}).keys()
    return [value for value in values if folded(value) not in known]


def sections(
    source: Source, existing: SourceMap, given: Sequence[str], missing: Sequence[str], meanings: dict[str, Meanings]
) -> dict[str, Any]:
    """The sections in the order of a map, those that a map says already with what is found besides.

    An id is made of who, when and how much, if it is all that is missing.
    """
    file = {name: value for name, value in existing.file.model_dump().items() if value is not None}
    if isinstance(file.get("header"), tuple):
        file["header"] = list(file["header"])
    key, others = source.columns[0], ("user_id", source.date_column, "revenue")
    identity = list(existing.identity)
    if not identity and list(missing) == [key] == list(source.key) and "revenue" in given:
        identity = [column for column in others if column in given]
    found: dict[str, Any] = {"file": file, "identity": identity}
    for column, section in _SECTIONS.items():
        said = {ours: list(names) for ours, names in getattr(existing, section).items()}
        more = meanings.get(column, {})
        found[section] = {ours: [*said.get(ours, []), *more.get(ours, [])] for ours in {**said, **more}}
    return {section: value for section, value in found.items() if value}


def plain(origin: Origin) -> Any:
    """An origin in its shortest form."""
    given = origin.model_dump(by_alias=True, exclude_unset=True)
    if "field" in given:
        given["field"] = list(origin.fields) if len(origin.fields) > 1 else origin.fields[0]
    return given["field"] if list(given) == ["field"] else given


def besides(preset: SourceMap, source: Source, given: dict[str, Any]) -> dict[str, Any]:
    """Of a map, what its preset does not say in the same way."""
    said = sections(source, preset, (), (), {}) | {name: plain(origin) for name, origin in preset.columns.items()}
    return {name: value for name, value in given.items() if name not in said or said[name] != value}
