"""From fields to records of text, in SQL: the origin of each column's text, and the properties from unused fields."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from user_activity.settings import Settings
from user_activity.sources import SOURCES, Source
from user_activity.sources.contracts.values import quoted

BLANKS = "".join(map(chr, [*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029,
                           0x202F, 0x205F, 0x3000]))  # fmt: skip
"""What Python's ``str.strip`` removes: SQL and pydantic must strip alike."""


TAKEN = "_taken"
"""The column that lists the fields which a row's columns use. It is computed once per row, not once per field."""

REPAIRED = "_repaired"
"""An extra column besides the contract's: the id of the quarantined record that a record replaces."""


@dataclass(frozen=True)
class Pick:
    """The origin of a column's text: the first of these fields or paths that is not blank, or a constant."""

    names: tuple[str, ...] = ()
    constant: str | None = None


class FieldMapRejected(ValueError):
    """The setting names a source or column that does not exist; the message suggests the most similar name."""


def check_field_maps(settings: Settings) -> None:
    """Raise :class:`FieldMapRejected` if the maps name unknown sources or columns.

    (Settings cannot check this themselves.)
    """
    for name, field_map in settings.field_maps.items():
        if name not in SOURCES:
            raise FieldMapRejected(f"USER_ACTIVITY_FIELD_MAPS names the source {name!r}: {_nearest(name, SOURCES)}.")
        for column in field_map:
            if column not in SOURCES[name].columns:
                raise FieldMapRejected(
                    f"USER_ACTIVITY_FIELD_MAPS maps the column {column!r} of {name}: "
                    f"{_nearest(column, SOURCES[name].columns)}; a map goes from our column to your field."
                )


def _nearest(name: str, names: Iterable[str]) -> str:
    (nearest,) = get_close_matches(name, names, n=1, cutoff=0)
    return f"the nearest is {nearest!r}, all are {', '.join(names)}"


def picks(source: Source, settings: Settings) -> dict[str, Pick]:
    """The origin of each column: its field map, otherwise its own name and alternative spellings."""
    check_field_maps(settings)
    field_map = settings.field_maps.get(source.name, {})
    found = {}
    for column, others in source.spellings.items():
        names = (column, *others)
        mapped = field_map.get(column)
        if isinstance(mapped, Mapping):
            found[column] = Pick(constant=_constant(mapped["const"]))
        elif mapped is not None:
            found[column] = Pick((mapped,))
        else:  # first look inside an object that has one of the column's names, then use it as text
            found[column] = Pick(tuple(sorted(names, key=lambda name: not _inside_one_of(names, name))))
    return found


def _inside_one_of(names: Sequence[str], name: str) -> bool:
    parent, dot, _ = name.partition(".")
    return bool(dot) and parent in names


def _constant(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, sort_keys=True)


def clean(text: str) -> str:
    """The text without surrounding white space; NULL if nothing remains."""
    plain = "regexp_matches({}, '^[!-~]((?s:.*)[!-~])?$')"  # for most texts, checking both ends is enough
    return (
        f"case when {plain.format(text)} then {text} when trim({text}) = '' then null "
        f"when {plain.format(f'trim({text})')} then trim({text}) "
        f"else nullif(trim({text}, {quoted(BLANKS)}), '') end"
    )


def pointer(path: str) -> str:
    """A dotted path as a JSON pointer."""
    return "/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in path.split("."))


def member(key: str, text: str) -> str:
    """``"key":value`` of a JSON object: nested values as JSON, all others as text; NULL without a value."""
    nested = f"{text}[1] in ('{{', '[') and json_valid({text})"
    return f"{key} || ':' || case when {nested} then json({text})::varchar else to_json({text})::varchar end"


def json_object(members: Mapping[str, str]) -> str:
    """A JSON object with these keys and texts; NULL if all texts are NULL."""
    keys = {key: quoted(json.dumps(key, ensure_ascii=False)) for key in members}
    listed = ", ".join(member(keys[key], text) for key, text in sorted(members.items()))
    return f"nullif('{{' || concat_ws(',', {listed}) || '}}', '{{}}')" if listed else "null::varchar"


def object_of(pairs: str, taken: str) -> str:
    """The same from an SQL list of (key, text) in order, without the ``taken`` keys.

    Cost is linear in the list's length.
    """
    left = f"list_filter({pairs}, lambda pair: not list_contains({taken}, pair[1]))"
    given = f"list_transform({left}, lambda pair: {member('to_json(pair[1])::varchar', clean('pair[2]'))})"
    present = f"list_filter({given}, lambda given: given is not null)"
    return f"nullif('{{' || array_to_string({present}, ',') || '}}', '{{}}')"


@dataclass(frozen=True)
class Decoded:
    """A relation with each row's position, ``_text``, ``_problem``, ``_properties`` and a ``t_<column>`` per column."""

    sql: str
    odd: str
    """A condition on the relation: the row may hold a NUL character, so that SQL must not decide on it."""
    native: Mapping[str, str]
    """The columns whose ``t_<column>`` is already typed, with their SQL types."""


class Fields:
    """The fields of a shape: the SQL column of each field, and how the contract's columns are picked from them."""

    def __init__(self, columns: Mapping[str, str], chosen: Mapping[str, Pick]) -> None:
        self.chosen = chosen
        self.columns = columns
        paths = dict.fromkeys(path for pick in chosen.values() for path in pick.names if self._parent(path))
        self._by_parent: dict[str, list[str]] = {}
        for path in paths:
            self._by_parent.setdefault(str(self._parent(path)), []).append(path)
        self._paths = {
            path: f"inner{at}.n{index}"
            for at, found in enumerate(self._by_parent.values())
            for index, path in enumerate(found)
        }

    def _parent(self, path: str) -> str | None:
        parent, dot, _ = path.partition(".")
        return parent if dot and path not in self.columns and parent in self.columns else None

    def with_paths(self, relation: str) -> str:
        """The relation with a column for each path into nested JSON; each JSON text is parsed once."""
        lists, structs = "", ""
        for at, (parent, paths) in enumerate(self._by_parent.items()):
            text = self.columns[parent]
            pointers = ", ".join(quoted(pointer(path.partition(".")[2])) for path in paths)
            lists += f", case when json_valid({text}) then json_extract_string({text}, [{pointers}]) end as l{at}"
            found = ", ".join(f"n{index} := {clean(f'l{at}[{index + 1}]')}" for index in range(len(paths)))
            structs += f", case when l{at} is not null then struct_pack({found}) end as inner{at}"
        return f"(select *{structs} from (select *{lists} from {relation}))" if lists else relation

    def column(self, name: str) -> str | None:
        """The SQL column of a field or path; None if the shape has none."""
        return self.columns.get(name) or self._paths.get(name)

    def text(self, pick: Pick) -> str:
        """The picked text."""
        if pick.constant is not None:
            return quoted(pick.constant)
        return _coalesced(self._present(pick.names))

    def _present(self, names: Iterable[str]) -> list[str]:
        return [column for name in names if (column := self.column(name))]

    def left_over(self, names: Iterable[str]) -> dict[str, str]:
        """Of these fields, the texts that no column uses; a field that is always used is left out."""
        return {name: text for name in names if (text := self._unused(name))}

    def _unused(self, name: str) -> str | None:
        text, conditions = self.columns[name], []
        for pick in self.chosen.values():
            if name in pick.names:
                earlier = self._present(pick.names[: pick.names.index(name)])
                if not earlier:
                    return None
                conditions.append(f"{_coalesced(earlier)} is not null")
        return f"case when {' and '.join(conditions)} then {text} end" if conditions else text

    def taken(self) -> str:
        """The list of this row's fields that columns use."""
        cases = []
        for pick in self.chosen.values():
            order = [(name, column) for name in pick.names if (column := self.column(name))]
            whens = " ".join(
                f"when {column} is not null then {quoted(name) if name in self.columns else 'null'}"
                for name, column in order
            )
            cases += [f"case {whens} end"] if whens else []
        return f"[{', '.join(cases)}]::varchar[]"


def _coalesced(columns: Sequence[str]) -> str:
    return f"coalesce({', '.join(columns)})" if columns else "null::varchar"


def finished(
    fields: Fields, relation: str, properties: str, odd: str, native: Mapping[str, str] | None = None
) -> Decoded:
    """The last step for every shape: pick the columns and collect the properties."""
    texts = ", ".join(f"{fields.text(pick)} as t_{column}" for column, pick in fields.chosen.items())
    place = "_row, _landing, _text, _problem"
    relation = f"(select *, {fields.taken()} as {TAKEN} from {fields.with_paths(relation)})"
    return Decoded(f"(select {place}, {texts}, {properties} as _properties from {relation})", odd, native or {})
