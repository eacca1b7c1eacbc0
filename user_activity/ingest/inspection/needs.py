"""Settings that a file needs: the event types that it has, and a start date that is early enough."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from user_activity.setting_types import folded
from user_activity.settings import Settings
from user_activity.sources import Source
from user_activity.sources.contracts.times import start_of_day
from user_activity.sources.contracts.values import OneOf

_LISTS = ("event_types", "order_statuses", "payment_methods")
_EVERY = ("*",)
_MOST_NAMES = 40
_LEAST_SHARE = 0.02
"""Fewer records with names that are not listed, or from before the start date, are taken for errors."""
FIRST_DAY = date(1971, 1, 1)
_WITHOUT_LIMITS = {"start_date": FIRST_DAY, "orders_without_lines": True}


@dataclass(frozen=True)
class Need:
    """A setting that has to change, and why."""

    setting: str
    value: Any
    reason: str

    @property
    def variable(self) -> str:
        """The line for ``.env``, or for a shell."""
        text = ",".join(self.value) if isinstance(self.value, tuple) else str(self.value)
        return f"USER_ACTIVITY_{self.setting.upper()}={shlex.quote(text)}"


def unlimited(settings: Settings) -> Settings:
    """The settings without limits on names and on the first day, so that what breaks these limits can be counted."""
    return settings.model_copy(update=dict.fromkeys(_LISTS, _EVERY) | _WITHOUT_LIMITS)


def needs(source: Source, settings: Settings, accepted: Sequence[pa.Table]) -> list[Need]:
    """The settings without which records would be rejected that are accepted with ``unlimited`` ones."""
    found = [need for column, kind in source.kinds.items() if isinstance(kind, OneOf)
             for need in _names(column, kind, settings, accepted)]  # fmt: skip
    if "items" in source.columns and not settings.orders_without_lines:
        found += _without_lines(source, accepted)
    if not source.clamp_early:
        found += _start_date(source.date_column, settings, accepted)
    return found


def _names(column: str, kind: OneOf, settings: Settings, accepted: Sequence[pa.Table]) -> list[Need]:
    names = kind.names(settings)
    setting = next((each for each in _LISTS if getattr(settings, each) is names), None)
    if setting is None or "*" in names:
        return []
    known = {folded(name) for name in names} | {folded(other) for other, name in kind.spellings if name in names}
    counts: dict[str, int] = {}
    for value in _values(column, accepted):
        if folded(value) not in known:
            counts[value] = counts.get(value, 0) + 1
    unknown = list(
        {folded(value): value for value in sorted(counts, key=lambda value: (counts[value], value))}.values()
    )
    records = sum(counts.values())
    if not records or records < _LEAST_SHARE * sum(map(len, accepted)):
        return []
    unknown.reverse()  # the most frequent first
    shown = ", ".join(f"{value} ({counts[value]:,})" for value in unknown[:8]) + (", …" if len(unknown) > 8 else "")
    listed = len(unknown) <= _MOST_NAMES and not any("," in value for value in unknown)
    reason = f"{_counted(records)} with a value of {column} that is not listed: {shown}"
    return [Need(setting, (*names, *unknown) if listed else _EVERY, reason)]


def _without_lines(source: Source, accepted: Sequence[pa.Table]) -> list[Need]:
    """Only if no key repeats: else the records are lines of orders, and each would replace the one before.

    A key that is still to be made does not repeat.
    """
    rows = [row for table in accepted for row in table.select([*source.key, "items"]).to_pylist()]
    keys = [tuple(row[name] or (number,) for name in source.key) for number, row in enumerate(rows)
            if row["items"] is None]  # fmt: skip
    if not keys or len(set(keys)) < len(keys):
        return []
    reason = f"{_counted(len(keys))} without lines: each has those of order_items, or else is one order of its total"
    return [Need("orders_without_lines", "true", reason)]


def _start_date(column: str, settings: Settings, accepted: Sequence[pa.Table]) -> list[Need]:
    moments = sorted(_values(column, accepted))
    first = start_of_day(settings.start_date, settings.timezone)
    early = sum(moment < first for moment in moments)
    if not early or early < _LEAST_SHARE * len(moments):
        return []
    day = moments[0].replace(tzinfo=UTC).astimezone(ZoneInfo(settings.timezone)).date()
    return [Need("start_date", day, f"{_counted(early)} from before {settings.start_date}, the first day kept")]


def _values(column: str, accepted: Sequence[pa.Table]) -> list[Any]:
    return [value for rows in accepted for value in rows.column(column).to_pylist() if value is not None]


def _counted(records: int) -> str:
    return f"{records:,} record{'s' * (records != 1)}"
