"""Validation of records: a SQL fast path decides most, the pydantic contract decides and explains the rest."""

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
from pydantic import ValidationError

from user_activity.ingest.lake import corrections
from user_activity.ingest.validation.field_mapping import DERIVED, REPAIRED, Decoded
from user_activity.settings import Settings
from user_activity.sources import Source, ValidationContext
from user_activity.sources.contracts.base import broken_columns, broken_rules
from user_activity.sources.contracts.values import quoted

SEPARATOR = "chr(31)"
WITHHELD = "withheld"
REPAIRED_RULE = "record_repaired"
_REPAIRED_SENTENCE = "keeps its contract now, but a repaired record was accepted in its place"
# A repair can make a line invalid JSON. The id of the replaced record is then still found in its text.
_REPAIRED_ID = (
    f"case when regexp_full_match(t_{REPAIRED}, '{corrections.ID}') then t_{REPAIRED} when _problem is not null "
    f"then nullif(regexp_extract(_text, '\"{corrections.FIELD}\"\\s*:\\s*\"({corrections.ID})\"', 1), '') end"
)
LONGEST_QUARANTINED_TEXT = 1024**2
SET_ASIDE = "_set_aside"
"""The property that holds the values that were set aside: for each column its text and the rule that it breaks."""

Values = dict[str, Any]
Broken = list[tuple[str, str]]


@dataclass(frozen=True)
class Rejection:
    """A record that breaks its contract."""

    row: int | None
    record: str | None
    rules: tuple[str, ...]
    reasons: tuple[str, ...]


def validation_sql(source: Source, settings: Settings, decoded: Decoded, *, withhold: bool = False) -> str:
    """SQL for each row with typed columns; undecided rows also get their text, raw values and problem for the contract.

    With ``withhold``, rows of the relation ``withheld`` are left undecided, too.
    """
    typed, decided = [], ["_problem is null", f"not ({decoded.odd})"]
    decided += [f"_row not in (select _row from {WITHHELD})"] if withhold else []
    for name, kind in source.kinds.items():
        text = f"t_{name}"
        if name in decoded.native:
            value = kind.native_sql(text, decoded.native[name], settings)
        else:
            value = kind.sql(text, settings)
        typed.append(f"({value})::{kind.sql_type} as {name}")
        decided.append(f"{name} is not null" if name in source.required else f"({text} is null or {name} is not null)")
    texts = ", ".join(f"t_{name}" for name in source.columns)
    place = "_row, _landing, _text, _problem, _properties, _repaired"
    filled = ", ".join(
        f"coalesce(v.{name}, {fill.sql(settings)}) as {name}" if (fill := source.fills.get(name)) else f"v.{name}"
        for name in source.columns
    )
    relation = (
        f"(select {place}, {texts}, {', '.join(typed)} from (select *, {_REPAIRED_ID} as _repaired from {decoded.sql}))"
    )
    relation = f"(select {place}, {texts}, {filled}, {' and '.join(decided)} as _typed from {relation} v)"
    fits = " and ".join(["_typed", *(f"({rule(settings)})" for rule in source.rules)])
    record = ", ".join(f"{name} := t_{name}::varchar" for name in source.columns)
    undecided = (
        f"case when not coalesce({fits}, false) then to_json(struct_pack({record}))::varchar end as _undecided, "
        "case when _undecided is not null then _text end as _record, "
        "case when _undecided is not null then _problem end as _fault"
    )
    return final_sql(
        source, f"(select v.*, {undecided} from {relation} v)", ", _undecided, _record, _fault, _landing, _repaired"
    )


def final_sql(source: Source, relation: str, more: str = "") -> str:
    """The columns of a raw part, plus a digest of what makes the record if the key must be derived."""
    digest, columns = "", ", ".join(source.columns)
    if source.derive_key:
        parts = source.derived_from or (*source.columns[1:], "_properties")
        content = ", ".join(f"coalesce(({part})::varchar, '')" for part in parts)
        given = f"nullif(v.{source.columns[0]}, {quoted(DERIVED)})"
        digest = f", case when {given} is null then md5(concat_ws({SEPARATOR}, {content})) end as _digest"
        columns = f"{given} as {source.columns[0]}, {', '.join(source.columns[1:])}"
    return f"select _row, {columns}, _properties as properties{digest}{more} from {relation} v"


class ContractValidator:
    """Validates undecided rows with the contract."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: Source,
        settings: Settings,
        withheld: Container[int] = frozenset(),
    ) -> None:
        self._cursor = connection.cursor()
        self._source = source
        self._settings = settings
        self._withheld = withheld

    def validated(self, rows: pa.RecordBatch) -> tuple[pa.Table | None, list[Rejection], list[tuple[int, str]]]:
        """The accepted rows, typed as by the SQL fast path, the rejections of the others, and the warnings.

        All are in order; a warning is an accepted row and the rule for which one of its values was set aside.
        """
        rescued: list[dict[str, Any]] = []
        rejected: list[Rejection] = []
        warnings: list[tuple[int, str]] = []
        for row in rows.select(["_row", "_landing", "_undecided", "_record", "_fault", "properties"]).to_pylist():
            outcome = self.validate(row["_undecided"], row["_fault"], row["_landing"])
            if isinstance(outcome, dict) and row["_row"] in self._withheld:
                outcome = [(REPAIRED_RULE, _REPAIRED_SENTENCE)]
            if isinstance(outcome, dict):
                set_aside = outcome.pop(SET_ASIDE, {})
                warnings += [(row["_row"], each["rule"]) for each in set_aside.values()]
                properties = _with_member(row["properties"], SET_ASIDE, set_aside)
                rescued.append(outcome | {"_row": row["_row"], "_properties": properties})
            else:
                names, sentences = zip(*outcome, strict=True)
                record = (row["_record"] or "").rstrip("\r\n")[:LONGEST_QUARANTINED_TEXT]
                rejected.append(Rejection(row["_row"], record, names, sentences))
        return (self._typed(rescued) if rescued else None), rejected, warnings

    def validate(self, texts: str, fault: str | None, landing_date: date) -> Values | Broken:
        """The record's typed values, or the (rule, sentence) pairs that it broke.

        If only values that can be set aside break rules, the record is accepted without them; ``SET_ASIDE`` has them.
        """
        if fault:
            return [("record_unreadable", f"the record {fault}")]
        given, context = json.loads(texts), ValidationContext(self._settings, landing_date)
        try:
            return self._accepted(given, context)
        except ValidationError as error:
            columns, rules = broken_columns(error), broken_rules(error)
        if self._source.can_be_set_aside.issuperset(columns):
            kept = {name: text for name, text in given.items() if name not in columns}
            set_aside = {
                column: {"text": given[column], "rule": rule} for column, (rule, _) in zip(columns, rules, strict=True)
            }
            try:
                return self._accepted(kept, context) | {SET_ASIDE: set_aside}
            except ValidationError:
                pass
        return rules

    def _accepted(self, given: dict[str, str], context: ValidationContext) -> Values:
        record = self._source.contract.model_validate(given, context=context)
        return {name: _written(value) for name, value in record.__dict__.items()}

    def _typed(self, rows: list[dict[str, Any]]) -> pa.Table:
        types: Mapping[str, str] = {
            "_row": "BIGINT", **{name: kind.sql_type for name, kind in self._source.kinds.items()},
            "_properties": "VARCHAR",
        }  # fmt: skip
        shape = json.dumps([dict.fromkeys(types, "VARCHAR")])
        cast = ", ".join(f"r.{name}::{kind} as {name}" for name, kind in types.items())
        relation = f"(select {cast} from (select unnest(from_json($rows, $shape)) as r))"
        found = self._cursor.sql(final_sql(self._source, relation), params={"rows": json.dumps(rows), "shape": shape})
        return found.to_arrow_table()


def _with_member(properties: str | None, name: str, value: Mapping[str, Any]) -> str | None:
    """The text of a JSON object with one more member; the others keep their text."""
    if not value:
        return properties
    member = f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(',', ':'))}"
    return f"{properties[:-1]},{member}}}" if properties else f"{{{member}}}"


def _written(value: Any) -> Any:
    return value if value is None or isinstance(value, bool) else str(value)
