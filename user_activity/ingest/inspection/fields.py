"""The fields of sampled records: top-level fields, paths into objects, and members of lists of keys and values."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from user_activity.setting_types import folded

DEEPEST = 4
MOST_FIELDS = 1_000
TRIED = 200
"""The number of different values of a field that are compared with contracts."""
_TYPED = ("string_value", "int_value", "double_value", "float_value")


@dataclass(frozen=True)
class Field:
    """A field or path, and its value in each record; None where it has none."""

    path: str
    values: Sequence[str | None]

    @cached_property
    def given(self) -> list[str]:
        """Its values in records that have one."""
        return [value for value in self.values if value is not None]

    @cached_property
    def distinct(self) -> list[str]:
        """Its different values, in order."""
        return list(dict.fromkeys(self.given))

    @cached_property
    def tried(self) -> list[str]:
        """Different values from the whole sample, for comparisons."""
        step = max(1, len(self.distinct) // TRIED)
        return self.distinct[::step][:TRIED]

    @property
    def filled(self) -> float:
        """The share of records with a value."""
        return len(self.given) / len(self.values) if self.values else 0.0

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names on its path, folded; of a list's member, the key that it is found by."""
        if "[" in self.path:
            before, _, rest = self.path.partition("[")
            return (*map(folded, before.split(".")), folded(rest.partition("]")[0].partition("=")[2]))
        return tuple(map(folded, self.path.split(".")))


def fields_of(records: Sequence[Mapping[str, Any]], missing: Sequence[str]) -> dict[str, Field]:
    """The fields of the records by path; texts that stand for a missing value are none."""
    columns: dict[str, list[str | None]] = {}
    for row, record in enumerate(records):
        for path, text in _leaves(record):
            if path not in columns and len(columns) == MOST_FIELDS:
                continue
            values = columns.setdefault(path, [])
            if len(values) <= row:
                values.extend([None] * (row - len(values)))
                values.append(None if not text.strip() or text.strip().lower() in missing else text.strip())
    for values in columns.values():
        values.extend([None] * (len(records) - len(values)))
    return {path: Field(path, values) for path, values in columns.items()}


def _leaves(record: Mapping[str, Any], parent: str = "", depth: int = 1) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        path = f"{parent}{name}"
        if value is None:
            continue
        yield path, _text(value)
        if isinstance(value, dict) and depth < DEEPEST:
            yield from _leaves(value, f"{path}.", depth + 1)
        elif isinstance(value, list):
            yield from _members(path, value)


def _members(path: str, members: list[Any]) -> Iterator[tuple[str, str]]:
    """The values of a list of objects with a key and a value each."""
    for member in members:
        key = next(
            (key for key in ("key", "name") if isinstance(member, dict) and isinstance(member.get(key), str)), ""
        )
        if not key or "value" not in member or any(sign in member[key] for sign in "[]="):
            continue
        value, place = member["value"], f"{path}[{key}={member[key]}].value"
        if not isinstance(value, dict):
            yield from ((place, _text(value)),) if value is not None else ()
        else:
            yield from ((f"{place}.{name}", _text(value[name])) for name in _TYPED if value.get(name) is not None)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def field_at(fields: Mapping[str, Field], path: str) -> Field | None:
    """The field at a path of a map, also in a numbered member of a list: ``items.0.item_id``."""
    if path in fields:
        return fields[path]
    parts = re.split(r"\.(?=[0-9]+(?:\.|$))", path, maxsplit=1)
    if len(parts) == 1 or parts[0] not in fields:
        return None
    values = [value and _inside(value, parts[1].split(".")) for value in fields[parts[0]].values]
    return Field(path, values) if any(values) else None


def _inside(text: str, names: Sequence[str]) -> str | None:
    try:
        found = json.loads(text, parse_int=str, parse_float=str)
        for name in names:
            found = found[int(name)] if isinstance(found, list) else found[name]
    except (ValueError, LookupError, TypeError):
        return None
    return None if found is None else _text(found)


def filled_by(fields: Sequence[Field]) -> float:
    """The share of records in which one of the fields has a value."""
    rows = zip(*(field.values for field in fields), strict=True)
    return sum(any(value is not None for value in row) for row in rows) / max(1, len(fields[0].values))


def is_nested(text: str) -> bool:
    """Whether a field's text is an object or a list."""
    return text.startswith(("{", "["))
