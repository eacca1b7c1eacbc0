"""From fields to records of text, in SQL: the origin of each column's text, and the properties from unused fields."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from user_activity.ingest.lake import corrections
from user_activity.ingest.validation.conversions import (
    as_time,
    calculated,
    inside,
    is_path,
    pointer,
    replaced,
    root,
    with_point,
)
from user_activity.ingest.validation.field_maps import field_map
from user_activity.ingest.validation.properties import clean, json_object, meaning_of, with_originals
from user_activity.origins import Origin, expression_fields
from user_activity.settings import Settings
from user_activity.sources import Source
from user_activity.sources.contracts.values import Amount, Whole, quoted

TAKEN = "_taken"
"""The column that lists the fields which a row's columns use. It is computed once per row, not once per field."""

DERIVED = "(derived)"
"""Stands for an id that is still to be made, so that the contract, which needs one, can be checked."""

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
    values: tuple[tuple[str, str | None], ...] = ()
    format: str | None = None
    zone: str | None = None
    missing: tuple[str, ...] = ()
    """The texts, in lower case, that stand for no value."""
    meant: tuple[tuple[str, str], ...] = ()
    """Names, folded, that stand for another one, and that one."""
    decimal: str | None = None
    """The decimal mark of its number; None if it is no number, or as our own are."""

    @property
    def read(self) -> tuple[str, ...]:
        """Every field or path that it reads."""
        return self.names if self.expression is None else expression_fields(self.expression)

    @property
    def is_plain(self) -> bool:
        """Whether its text is a field's text as it is."""
        return self == Pick(self.names, missing=self.missing, decimal=self.decimal)


def picks(source: Source, settings: Settings) -> dict[str, Pick]:
    """The origin of each column: its field map, otherwise its own name and alternative spellings.

    A field that the map uses for one column is used for no other column, unless the map says so.
    """
    said = field_map(settings, source.name)
    origins = said.columns
    used = {name for origin in origins.values() for name in origin.fields}
    found = {}
    for column, others in source.spellings.items():
        if column in origins:
            found[column] = _mapped(origins[column])
        else:
            found[column] = Pick(_inside_first([name for name in (column, *others) if name not in used]))
    key = source.columns[0]
    if said.identity and key in source.required and found[key].constant is None:
        found[key] = replace(found[key], constant=DERIVED)
    for column, meanings in said.meanings.items():
        found[column] = replace(found[column], meant=tuple(meanings.items()))
    numbers = {column for column, kind in source.kinds.items() if isinstance(kind, Amount | Whole)}
    return {
        column: replace(pick, missing=settings.missing_values, decimal=said.file.decimal if column in numbers else None)
        for column, pick in found.items()
    }


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

    def __init__(self, columns: Mapping[str, str], chosen: Mapping[str, Pick], *, is_table: bool = False) -> None:
        self.chosen = chosen
        self.is_table = is_table
        """Whether all values are texts, also the numbers."""
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
            text = calculated(pick.expression, lambda name: self._number(self._first([name]), pick))
            text = replaced(text, pick.values, text)
        else:
            text = self._first(pick.names)
            text = replaced(text, pick.values, self._number(text, pick))
        text = as_time(text, pick.format, pick.zone)
        if pick.constant is None:
            return text
        return f"coalesce({text}, {quoted(pick.constant)})"

    def _number(self, text: str, pick: Pick) -> str:
        if pick.decimal is None:
            return text
        sent_again = f"{self._first([corrections.FIELD])} is not null"
        return with_point(text, pick.decimal, "true" if self.is_table else sent_again)

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
    """The last step for every shape: pick the columns and collect the properties.

    A name that stands for another one is kept in the property ``ORIGINAL``.
    """
    place = ("_row", "_landing", "_text", "_problem")
    texts = [f"{meaning_of(fields.text(pick), pick.meant)} as t_{column}" for column, pick in fields.chosen.items()]
    relation = f"(select *, {fields.taken()} as {TAKEN} from {fields.with_paths(relation)})"
    given = f"select {', '.join((*place, *texts))}, {properties} as _properties"
    originals = {
        column: f"case when {meaning_of(text, pick.meant)} <> {text} then {text} end"
        for column, pick in fields.chosen.items()
        if pick.meant and (text := fields.text(pick))
    }
    if not originals:
        return Decoded(f"({given} from {relation})", odd, native or {})
    relation = f"({given}, {json_object(originals)} as _originals from {relation})"
    columns = (*place, *(f"t_{column}" for column in fields.chosen))
    return Decoded(with_originals(relation, columns), odd, native or {})
