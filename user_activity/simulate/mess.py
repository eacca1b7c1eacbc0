"""Flaws that break records before they are delivered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

from pydantic_core import to_json

Record: TypeAlias = dict[str, Any]
Spoil: TypeAlias = Callable[[Record, date], Record | bytes]

_TYPED = frozenset({"jsonl", "json", "csv", "parquet"})
_TEXT = frozenset({"jsonl", "json", "csv"})  # formats in which a number can be replaced by a word
_LINES = frozenset({"jsonl"})  # formats in which a broken record does not break the other records


@dataclass(frozen=True)
class Flaw:
    """A kind of error: its name, a function that breaks a record, and the formats in which it can occur."""

    name: str
    spoil: Spoil
    formats: frozenset[str] = _TYPED


def _has(column: str, value: object) -> Spoil:
    return lambda record, _: {**record, column: value}


def _lacks(column: str) -> Spoil:
    return lambda record, _: {name: value for name, value in record.items() if name != column}


def _is_weeks_ahead(column: str) -> Spoil:
    return lambda record, landing: {**record, column: f"{landing + timedelta(weeks=6)}T12:00:00.000Z"}


def _cut_off(record: Record, _: date) -> bytes:
    line = to_json(record)
    return line[: len(line) // 2]


_BROKEN_LINE = Flaw("broken_line", _cut_off, _LINES)
_MISSING_USER = Flaw("missing_user", _lacks("user_id"))

FLAWS: dict[str, tuple[Flaw, ...]] = {
    "events": (
        _MISSING_USER,
        _BROKEN_LINE,
        Flaw("blank_user", _has("user_id", "  ")),
        Flaw("unknown_event_type", _has("event_type", "teleport")),
        Flaw("unparsable_time", _has("event_at", "yesterday at noon"), _TEXT),
        Flaw("time_before_start", _has("event_at", "1999-12-31T23:59:59.000Z")),
        Flaw("time_ahead", _is_weeks_ahead("event_at")),
    ),
    "orders": (
        _MISSING_USER,
        _BROKEN_LINE,
        Flaw("negative_revenue", _has("revenue", -49.0)),
        Flaw("no_items", _has("items", [])),
        Flaw("item_without_quantity", _has("items", [{"product_id": "p0001", "quantity": None, "unit_price": 9.99}])),
        Flaw("unknown_status", _has("status", "teleported")),
        Flaw("unknown_currency", _has("currency", "moon dollars")),
        Flaw("unparsable_time", _has("order_at", "soon")),
    ),
    "products": (
        Flaw("missing_name", _lacks("name")),
        Flaw("negative_price", _has("price", -1.0)),
        Flaw("price_is_a_word", _has("price", "on request")),
    ),
    "users": (
        _MISSING_USER,
        _BROKEN_LINE,
        Flaw("unparsable_time", _has("updated_at", "last week")),
    ),
    "reviews": (
        _MISSING_USER,
        _BROKEN_LINE,
        Flaw("rating_too_high", _has("rating", 9)),
        Flaw("rating_is_a_word", _has("rating", "five")),
        Flaw("missing_product", _lacks("product_id")),
        Flaw("unparsable_time", _has("review_at", "32.13.2025")),
    ),
}
