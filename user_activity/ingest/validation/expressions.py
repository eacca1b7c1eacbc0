"""SQL that reads the fields of each file shape: JSON records, CSV fields, Parquet columns, access-log lines."""

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa

from user_activity.ingest.lake import corrections
from user_activity.ingest.readers.batches import NOTHING, SEPARATOR, Shape
from user_activity.ingest.readers.files import MOST_FIELDS
from user_activity.ingest.validation import access_log
from user_activity.ingest.validation.conversions import root
from user_activity.ingest.validation.field_mapping import (
    REPAIRED,
    TAKEN,
    Decoded,
    Fields,
    Pick,
    finished,
    picks,
)
from user_activity.ingest.validation.key_styles import KeyStyles
from user_activity.ingest.validation.known_names import respelled
from user_activity.ingest.validation.properties import json_object, object_of
from user_activity.settings import Settings
from user_activity.sources import Source
from user_activity.sources.contracts.values import quoted

ROWS = "rows"
MOST_EXTRA_FIELDS = 100
"""The limit for fields with a column of their own, besides those that the source names. Beyond it, they are one list.

DuckDB's planning time grows with the square of the number of columns.
"""
_PLACE = "_row, _landing"
_KEYS = "try(json_keys(_text))"
_NUL = "contains(_text, chr(0))"


def decode(shape: Shape, source: Source, settings: Settings, signatures: Sequence[Sequence[str]] = ()) -> Decoded:
    """The decoded records of ``rows``. ``signatures`` are the most common key lists of JSON records, for speed only."""
    chosen = _chosen(source, settings)
    match shape.form:
        case "json":
            return _json(chosen, signatures)
        case "csv":
            return _csv(shape, chosen)
        case "parquet":
            return _parquet(shape, source, settings, chosen)
        case "log":
            return _log(chosen, settings)


def signatures(source: Source, settings: Settings, sample: str, most: int) -> str:
    """A query for the most common key lists of a relation of JSON records, with our names for their keys."""
    relation = KeyStyles(_chosen(source, settings)).renamed(f"(select _text, {_KEYS} as _keys from {sample})")
    return (
        f"select _keys from {relation} where len(_keys) > 0 group by _keys order by count(*) desc, _keys limit {most}"
    )


def _chosen(source: Source, settings: Settings) -> dict[str, Pick]:
    return {**picks(source, settings), REPAIRED: Pick((corrections.FIELD,))}


def _is_wide(names: Sequence[str]) -> bool:
    return len(names) > MOST_EXTRA_FIELDS


def _needed(names: Sequence[str], chosen: Mapping[str, Pick]) -> dict[str, int]:
    """The fields of a shape that get a column of their own, and their numbers."""
    picked = {name for pick in chosen.values() for path in pick.read for name in (path, root(path))}
    return {name: at for at, name in enumerate(names) if name in picked or not _is_wide(names)}


def _listed(names: Sequence[str], texts: str, taken: str) -> str:
    """A JSON object from an SQL list of texts, one per field name."""
    order = sorted(range(len(names)), key=names.__getitem__)
    keys, places = ", ".join(quoted(names[at]) for at in order), ", ".join(str(at + 1) for at in order)
    return object_of(f"list_zip([{keys}], list_select({texts}, [{places}]))", taken)


def _numbered(names: Sequence[str]) -> dict[str, str]:
    return {name: f"c{index}" for index, name in enumerate(names)}


def _cleaned(fields: Fields, relation: str, kept: str) -> str:
    cleaned = "".join(f", {fields.cleaned(name, f'f{at[1:]}')} as {at}" for name, at in fields.columns.items())
    return f"(select {kept}{cleaned} from {relation})"


def _json(chosen: dict[str, Pick], signatures: Sequence[Sequence[str]]) -> Decoded:
    """Fields that occur in the frequent records are read for all records; the others only for the other records."""
    names = list(dict.fromkeys(name for pick in chosen.values() for path in pick.read for name in (root(path), path)))
    usual, extra = _usual(signatures, names)
    usual_names = {key for keys in usual for key in keys}
    common = [name for name in (*names, *extra) if name in usual_names]
    rare = [name for name in names if name not in usual_names]
    columns = {name: f"c{index}" for index, name in enumerate(common)}
    fields = Fields(columns | {name: f"rare.c{index}" for index, name in enumerate(rare)}, chosen)
    relation = KeyStyles(chosen).renamed(f"(select {_PLACE}, _text, {_KEYS} as _keys from {ROWS})", usual)
    relation = f"(select *, {_parsed(common)} as j from {relation})"
    relation = f"(select *, case when not _is_usual then {_parsed(rare)} end as r from {relation})"
    problem = (
        "case when _keys is null then 'is not valid JSON' when len(_keys) = 0 and json_type(_text) <> 'OBJECT' "
        f"then 'is JSON, but not an object' when len(_keys) > {MOST_FIELDS} "
        f"then 'has ' || len(_keys) || ' keys: leave some out, at most {MOST_FIELDS} are read' end as _problem"
    )
    read = "".join(f", {fields.cleaned(name, _field('j', common, name))} as {columns[name]}" for name in common)
    others = ", ".join(f"c{at} := {fields.cleaned(name, _field('r', rare, name))}" for at, name in enumerate(rare))
    read += f", case when r is not null then struct_pack({others}) end as rare" if rare else ""
    relation = f"(select {_PLACE}, _text, _json, _keys, _is_usual, {problem}{read} from {relation})"
    return finished(fields, relation, _json_properties(fields, sorted(usual_names)), "contains(_text, '\\u0000')")


def _parsed(names: Sequence[str]) -> str:
    """The named fields of a JSON record as an SQL struct of texts; NULL if it is not valid JSON."""
    if not names:
        return "null"
    first = {name.lower(): name for name in reversed(names)}
    return f"try(json_transform(_json, {quoted(json.dumps(dict.fromkeys(first.values(), 'VARCHAR')))}))"


def _field(struct: str, names: Sequence[str], name: str) -> str:
    """A field of the struct from ``_parsed``; of names that differ only in case, the struct has just the first."""
    if next(other for other in names if other.lower() == name.lower()) == name:
        return f"{struct}.{_identifier(name)}"
    return f"try(json_extract_string(_json, {quoted('/' + _escaped(name))}))"


def _usual(signatures: Sequence[Sequence[str]], names: Sequence[str]) -> tuple[list[Sequence[str]], list[str]]:
    """The key lists for which columns are created, and their fields that are not in ``names``."""
    taken, extra, usual = {name.lower(): name for name in names}, dict[str, None](), []
    for keys in signatures:
        added = [key for key in keys if key not in names and key not in extra]
        if not all(key.isprintable() and key for key in keys):  # SQL has no such identifiers
            continue
        if len(set(keys)) < len(keys) or len(extra) + len(added) > MOST_EXTRA_FIELDS:
            continue
        if len({key.lower() for key in added}) < len(added) or any(key.lower() in taken for key in added):
            continue
        taken |= {key.lower(): key for key in added}
        extra |= dict.fromkeys(added)
        usual.append(keys)
    return usual, list(extra)


def _json_properties(fields: Fields, usual_names: Sequence[str]) -> str:
    # Of a repeated key the first value is used: pairs are sorted by key and position, and compared with the previous
    # one.
    pairs = "list_sort(list_zip(_keys, range(len(_keys)), json_extract_string(_json, '$.*')))"
    before = f"list_zip({pairs}, list_prepend(null, {pairs}))"
    firsts = f"list_filter({before}, lambda two: two[1] is not null and two[1][1] is distinct from two[2][1])"
    any_keys = object_of(f"list_transform({firsts}, lambda two: (two[1][1], two[1][3]))", TAKEN)
    usual = f"when _is_usual then {json_object(fields.left_over(usual_names))}"
    return f"case {usual} when len(_keys) <= {MOST_FIELDS} then {any_keys} end"


def _csv(shape: Shape, chosen: dict[str, Pick]) -> Decoded:
    names, width = shape.names, len(shape.names)
    chosen = respelled(chosen, names)
    needed = _needed(names, chosen)
    fields = Fields({name: f"c{at}" for name, at in needed.items()}, chosen, is_table=True)
    dropped = f"chr({ord(NOTHING)})"
    whole = f"case when contains(_fields, {dropped}) then replace(_fields, {dropped}, '') else _fields end"
    split = f"(select {_PLACE}, _text, _problem, string_split({whole}, chr({ord(SEPARATOR)})) as l from {ROWS})"
    read = "".join(f", l[{at + 1}] as f{at}" for at in needed.values())
    miscounted = f"'has ' || len(l) || ' fields where the header names {width}'"
    problem = f"coalesce(_problem, case when len(l) <> {width} then {miscounted} end) as _problem"
    relation = f"(select {_PLACE}, _text, l, {problem}{read} from {split})"
    relation = _cleaned(fields, relation, f"{_PLACE}, _text, _problem, l")
    return finished(fields, relation, _left_over(fields, names), _NUL)


def _left_over(fields: Fields, names: Sequence[str]) -> str:
    """The properties of a shape; if it has many fields, they come from the list ``l``."""
    return _listed(names, "l", TAKEN) if _is_wide(names) else json_object(fields.left_over(names))


def _parquet(shape: Shape, source: Source, settings: Settings, chosen: dict[str, Pick]) -> Decoded:
    chosen = respelled(chosen, shape.names)
    needed = _needed(shape.names, chosen)
    fields = Fields({name: f"c{at}" for name, at in needed.items()}, chosen)
    texts, native = [], {}
    types = dict(zip(shape.names, shape.types, strict=True))
    for column, pick in chosen.items():
        present = [name for name in pick.names if fields.has(name)]
        alone = pick.is_plain and len(present) == 1 and sum(present[0] in other.read for other in chosen.values()) == 1
        if alone and present[0] in types:
            sql_type = _sql_type(types[present[0]])
            if sql_type and column in source.kinds and source.kinds[column].native_sql("x", sql_type, settings):
                native[column] = sql_type
    typed = {chosen_name for column in native for chosen_name in chosen[column].names}
    as_text = [
        f"to_json(f{index})::varchar" if pa.types.is_nested(kind) else f"f{index}::varchar"
        for index, kind in enumerate(shape.types)
    ]
    for name, index in needed.items():
        texts.append(f"{f'f{index}' if name in typed else fields.cleaned(name, as_text[index])} as c{index}")
    if _is_wide(shape.names):
        texts.append(f"[{', '.join(as_text)}] as l")
        whole = _listed(shape.names, "l", "[]::varchar[]")
    else:
        whole = json_object({name: f"(c{index}::varchar)" for name, index in needed.items()})
    relation = f"(select {_PLACE}, {', '.join(texts)} from {ROWS})"
    relation = f"(select *, {whole} as _text, null::varchar as _problem from {relation})"
    nul = " or ".join(
        f"coalesce(contains(t_{column}, chr(0)), false)" for column in source.columns if column not in native
    )
    return finished(fields, relation, _left_over(fields, shape.names), nul or "false", native)


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return "BIGINT"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP"
    if pa.types.is_date(kind):
        return "DATE"
    return "BOOLEAN" if pa.types.is_boolean(kind) else ""


def _log(chosen: dict[str, Pick], settings: Settings) -> Decoded:
    fields = Fields(_numbered(("user_id", "event_type", "event_at", *access_log.FIELDS)), chosen)
    relation = f"(select {_PLACE}, _text, {access_log.parsed('_text')} as p from {ROWS})"
    derived = (access_log.visitor("p"), access_log.event_type("p", settings), access_log.moment("p"))
    given = (f"case when p.{name} not in ('', '-') then p.{name} end" for name in access_log.FIELDS)
    columns = ", ".join(f"{value} as f{index}" for index, value in enumerate((*derived, *given)))
    relation = f"(select {_PLACE}, _text, {access_log.problem('p')} as _problem, {columns} from {relation})"
    relation = _cleaned(fields, relation, f"{_PLACE}, _text, _problem")
    return finished(fields, relation, json_object(fields.left_over(tuple(fields.columns))), _NUL)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
