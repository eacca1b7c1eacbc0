"""From fields to records of text, in SQL: the origin of each column's text, and the properties from unused fields."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from user_activity.ingest.validation.conversions import as_time, calculated, inside, is_path, pointer, replaced, root
from user_activity.ingest.validation.field_maps import field_maps
from user_activity.origins import Origin, expression_fields
from user_activity.settings import Settings
from user_activity.sources import Source
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
    """The origin of a column's text: the first of these fields or paths with a value, else a constant; or arithmetic.

    A name with a dot is the field of that name, else a path.
    """

    names: tuple[str, ...] = ()
    constant: str | None = None
    expression: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    format: str | None = None
    zone: str | None = None
    missing: tuple[str, ...] = ()
    """The texts, in lower case, that stand for no value."""

    @property
    def read(self) -> tuple[str, ...]:
        """Every field or path that it reads."""
        return self.names if self.expression is None else expression_fields(self.expression)

    @property
    def is_plain(self) -> bool:
        """Whether its text is a field's text as it is."""
        return self == Pick(self.names, missing=self.missing)


def picks(source: Source, settings: Settings) -> dict[str, Pick]:
    """The origin of each column: its field map, otherwise its own name and alternative spellings.

    A field that the map uses for one column is used for no other column, unless the map says so.
    """
    field_map = field_maps(settings).get(source.name, {})
    used = {name for origin in field_map.values() for name in origin.fields}
    found = {}
    for column, others in source.spellings.items():
        if column in field_map:
            found[column] = _mapped(field_map[column])
        else:
            found[column] = Pick(_inside_first([name for name in (column, *others) if name not in used]))
    return {column: replace(pick, missing=settings.missing_values) for column, pick in found.items()}


def _mapped(origin: Origin) -> Pick:
    values = tuple(origin.values.items())
    return Pick(origin.fields, _constant(origin.const), origin.expression, values, origin.format, origin.zone)


def _inside_first(names: Sequence[str]) -> tuple[str, ...]:
    """The names in order, but a path into one of them comes just before it: it may be an object."""
    paths = {name for name in names if root(name) != name and root(name) in names}
    inside = {name: [path for path in names if path in paths and root(path) == name] for name in names}
    return tuple(each for name in names if name not in paths for each in (*inside[name], name))


def _constant(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, sort_keys=True)


def clean(text: str, missing: Sequence[str] = ()) -> str:
    """The text without surrounding white space; NULL if nothing remains, or one of the texts for a missing value."""
    plain = "regexp_matches({}, '^[!-~]((?s:.*)[!-~])?$')"  # for most texts, checking both ends is enough
    trimmed = f"trim({text}, {quoted(BLANKS)})"
    if not missing:
        return (
            f"case when {plain.format(text)} then {text} when trim({text}) = '' then null "
            f"when {plain.format(f'trim({text})')} then trim({text}) else nullif({trimmed}, '') end"
        )
    longest, listed = max(map(len, missing)), quoted("(?i)" + "|".join(map(re.escape, missing)))
    return (
        f"case when {plain.format(text)} then "
        f"case when strlen({text}) <= {longest} and regexp_full_match({text}, {listed}) then null else {text} end "
        f"when trim({text}) = '' or regexp_full_match({trimmed}, {listed}) then null else nullif({trimmed}, '') end"
    )


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
        self._missing = {name: pick.missing for pick in chosen.values() for name in pick.read}
        self._by_parent: dict[str, list[str]] = {}
        for path in dict.fromkeys(name for pick in chosen.values() for name in pick.read if is_path(name)):
            if root(path) in columns:
                self._by_parent.setdefault(root(path), []).append(path)
        self._paths = {
            path: f"inner{at}.n{index}"
            for at, found in enumerate(self._by_parent.values())
            for index, path in enumerate(found)
        }

    def with_paths(self, relation: str) -> str:
        """The relation with a column for each path into nested JSON; each JSON text is parsed once."""
        lists, structs = "", ""
        for at, (parent, paths) in enumerate(self._by_parent.items()):
            text = self.columns[parent]
            below = [path.removeprefix(parent) for path in paths]
            if any("[" in path for path in below):
                found = f"[{', '.join(inside(text, path) for path in below)}]"
            else:
                found = f"json_extract_string({text}, [{', '.join(quoted(pointer(path)) for path in below)}])"
            lists += f", case when json_valid({text}) then {found} end as l{at}"
            members = ", ".join(f"n{n} := {self.cleaned(path, f'l{at}[{n + 1}]')}" for n, path in enumerate(paths))
            structs += f", case when l{at} is not null then struct_pack({members}) end as inner{at}"
        return f"(select *{structs} from (select *{lists} from {relation}))" if lists else relation

    def cleaned(self, name: str, text: str) -> str:
        """A field's clean text; what stands for a missing value is none for fields that columns use."""
        return clean(text, self._missing.get(name, ()))

    def has(self, name: str) -> bool:
        """Whether the shape has this field or path."""
        return name in self.columns or name in self._paths

    def _alternatives(self, names: Iterable[str]) -> list[tuple[str | None, str]]:
        """The SQL columns of fields and paths, in order, each with the field that it uses up, if any."""
        found: list[tuple[str | None, str]] = []
        for name in names:
            found += [(name, self.columns[name])] if name in self.columns else []
            found += [(None, self._paths[name])] if name in self._paths else []
        return found

    def _first(self, names: Iterable[str]) -> str:
        return _coalesced([column for _, column in self._alternatives(names)])

    def text(self, pick: Pick) -> str:
        """The picked text."""
        if pick.expression is not None:
            text = calculated(pick.expression, lambda name: self._first([name]))
        else:
            text = self._first(pick.names)
        text = as_time(replaced(text, pick.values), pick.format, pick.zone)
        if pick.constant is None:
            return text
        return f"coalesce({text}, {quoted(pick.constant)})"

    def left_over(self, names: Iterable[str]) -> dict[str, str]:
        """Of these fields, the texts that no column uses; a field that is always used is left out."""
        return {name: text for name in names if (text := self._unused(name))}

    def _unused(self, name: str) -> str | None:
        text, conditions = self.columns[name], []
        for pick in self.chosen.values():
            order = self._alternatives(pick.names)
            at = next((at for at, (used, _) in enumerate(order) if used == name), None)
            if at == 0:
                return None
            if at is not None:
                conditions.append(f"{_coalesced([column for _, column in order[:at]])} is not null")
        return f"case when {' and '.join(conditions)} then {text} end" if conditions else text

    def taken(self) -> str:
        """The list of this row's fields that columns use."""
        cases = []
        for pick in self.chosen.values():
            order = self._alternatives(pick.names)
            whens = " ".join(
                f"when {column} is not null then {'null' if name is None else quoted(name)}" for name, column in order
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
