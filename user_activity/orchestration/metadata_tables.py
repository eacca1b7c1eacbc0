"""Rows as Dagster's table metadata, not as markup: asset pages, alerts and audit tables all read them."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

EXAMPLES = "some_of_them"  # metadata entry of a failed check: some of its failing rows
MOST_EXAMPLES = 20
WIDEST_CELL = 80
EXACT = 2**53  # browsers round integers from here on

Record = Mapping[str, Any]


def table(records: Iterable[Record]) -> dg.TableMetadataValue:
    """Return records, all with the same columns, as a table that the UI shows as text."""
    rows = [dg.TableRecord({name: _cell(value) for name, value in record.items()}) for record in records]
    return dg.TableMetadataValue(rows, schema=None if rows else dg.TableSchema([]))


def examples(metadata: Mapping[str, Any]) -> list[Record]:
    """Return some failing rows of a check, from the metadata of its evaluation."""
    found = metadata.get(EXAMPLES)
    return [record.data for record in found.records[:MOST_EXAMPLES]] if isinstance(found, dg.TableMetadataValue) else []


def _cell(value: Any) -> str | int | float | bool | None:
    """Return a value that JSON and browsers keep unchanged; others become text, long text is cut."""
    if value is None or isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < EXACT):
        return value
    text = str(value)
    return text if len(text) <= WIDEST_CELL else text[: WIDEST_CELL - 1] + "…"
