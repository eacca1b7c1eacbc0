"""Tables of the configured warehouse as pandas data frames, for notebooks."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import pandas as pd
import pyarrow as pa

from user_activity.settings import Settings, get_settings
from user_activity.warehouse import open_warehouse

COLUMNS = """
    select table_schema || '.' || table_name, column_name, lower(data_type), numeric_scale
    from information_schema.columns where table_schema in ('marts', 'metrics', 'audit') order by 1, ordinal_position
"""
INTEGERS = {"tinyint", "smallint", "integer", "bigint"}
FLOATS = {"real", "float", "double", "double precision"}


def read(
    relation: str,
    columns: Sequence[str] | None = None,
    where: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Read all or some columns of a ``schema.table`` in marts, metrics or audit. Access is read-only.

    ``where`` maps a column to the value that its rows must have, or to a list of such values; None is null. Dates are
    ``datetime64[s]``, timestamps ``datetime64[us, UTC]``, integers ``Int64``, booleans ``boolean``; decimals stay
    exact, as Arrow decimals.

    Raises ``LookupError`` for an unknown table or column, ``FileNotFoundError`` if the warehouse is not built yet,
    ``WarehouseBusy`` while a run writes DuckDB's file, and ``WarehouseUnreachable`` if the server does not respond.
    """
    settings = settings or get_settings()
    warehouse = open_warehouse(settings)
    tables: dict[str, dict[str, tuple[str, int | None]]] = {}
    for name, column, kind, scale in warehouse.ask(COLUMNS).rows:
        tables.setdefault(name, {})[column] = (kind, scale)
    if not any(name.startswith(("marts.", "metrics.")) for name in tables):
        raise FileNotFoundError("The warehouse is not built yet: land files and run `user-activity run`.")
    kinds = tables[_known(relation, tables, "table")]
    chosen = [_known(column, kinds, f"column of {relation}") for column in (kinds if columns is None else columns)]
    if not chosen:
        raise LookupError(f"No column of {relation} is named: leave out `columns` to read all.")
    conditions, parameters = _conditions(relation, kinds, where or {}, warehouse.placeholder)
    schema, _, table = relation.partition(".")
    selected = ", ".join(_quoted(column) for column in chosen)
    source = f"{_quoted(schema)}.{_quoted(table)}"
    found = warehouse.ask(f"select {selected} from {source}{conditions}", parameters)
    return pd.DataFrame(
        {column: _typed([row[index] for row in found.rows], *kinds[column]) for index, column in enumerate(chosen)}
    )


def _known(name: str, names: Mapping[str, Any], what: str) -> str:
    if name in names:
        return name
    near = get_close_matches(name, names, n=1, cutoff=0)
    raise LookupError(f"There is no {what} named {name!r}. The nearest name is {near[0]!r}.")


def _conditions(
    relation: str, kinds: Mapping[str, Any], where: Mapping[str, Any], placeholder: str
) -> tuple[str, list[Any]]:
    parts: list[str] = []
    parameters: list[Any] = []
    for column, wanted in where.items():
        values = list(wanted) if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
        name = _quoted(_known(column, kinds, f"column of {relation}"))
        bound = [value for value in values if value is not None]
        options = [f"{name} in ({', '.join([placeholder] * len(bound))})"] if bound else []
        options += [f"{name} is null"] if len(bound) < len(values) else []
        parts.append(f"({' or '.join(options) or '1 = 0'})")
        parameters += bound
    return (" where " + " and ".join(parts) if parts else ""), parameters


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _typed(values: list[Any], kind: str, scale: int | None) -> "pd.Series[Any]":
    if kind == "date":
        return pd.Series(values, dtype="datetime64[s]")
    if kind.startswith("timestamp"):
        return pd.Series(pd.to_datetime(pd.Series(values, dtype=object), utc=True)).astype("datetime64[us, UTC]")
    if kind in INTEGERS:
        return pd.Series(values, dtype="Int64")
    if kind == "boolean":
        return pd.Series(values, dtype="boolean")
    if kind in FLOATS:
        return pd.Series(values, dtype="float64")
    if kind.startswith(("decimal", "numeric")) and scale is not None:
        return pd.Series(values, dtype=pd.ArrowDtype(pa.decimal128(38, scale)))
    if kind in {"varchar", "text", "character varying"}:
        return pd.Series(values, dtype="str")
    return pd.Series(values, dtype=object)
