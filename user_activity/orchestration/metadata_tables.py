"""Rows as Dagster's table metadata: they stay rows from a check to its page, to alerts and audit, never markup."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

EXAMPLES = "some_of_them"  # the entry of a failed check that holds some of the rows that break it
MOST_EXAMPLES = 20
WIDEST_CELL = 80
EXACT = 2**53  # a browser rounds integers from here on

Record = Mapping[str, Any]


def table(records: Iterable[Record]) -> dg.TableMetadataValue:
    """Records, which have the same columns, as a table that the UI shows as text."""
    rows = [dg.TableRecord({name: _cell(value) for name, value in record.items()}) for record in records]
    return dg.TableMetadataValue(rows, schema=None if rows else dg.TableSchema([]))


def examples(metadata: Mapping[str, Any]) -> list[Record]:
    """Some of the rows that break a check, out of the metadata of its evaluation."""
    found = metadata.get(EXAMPLES)
    return [record.data for record in found.records[:MOST_EXAMPLES]] if isinstance(found, dg.TableMetadataValue) else []


def _cell(value: Any) -> str | int | float | bool | None:
    """A value that JSON and a browser keep as it is; long text is cut."""
    if value is None or isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < EXACT):
        return value
    text = str(value)
    return text if len(text) <= WIDEST_CELL else text[: WIDEST_CELL - 1] + "…"
