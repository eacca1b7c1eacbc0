"""What a reference starts from: the facts of a warehouse as data frames, and the settings that shape figures."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from user_activity.settings import Settings
from user_activity.warehouse import open_warehouse

DEFAULT_FUNNELS = Path(__file__).parents[2] / "sql" / "seeds" / "funnels.csv"
VIEWS = ("page_view", "product_view")
Row = dict[str, Any]


@dataclass(frozen=True)
class Funnel:
    """A funnel: the event types of each step, and the seconds from the entry in which all must happen."""

    name: str
    steps: tuple[frozenset[str], ...]
    window_seconds: int


@dataclass(frozen=True)
class Facts:
    """Facts as Python values (a missing one is None), and the settings that they are counted by."""

    events: pd.DataFrame
    sessions: pd.DataFrame
    orders: pd.DataFrame
    order_items: pd.DataFrame
    refunds: pd.DataFrame
    reviews: pd.DataFrame
    settings: Settings

    def day(self, moment: datetime) -> date:
        """The reporting day of a UTC time."""
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The reporting time zone."""
        return ZoneInfo(self.settings.timezone)

    @cached_property
    def people(self) -> pd.DataFrame:
        """The events, bots left out."""
        return self.events[~self.events["is_bot"].astype(bool)]

    @cached_property
    def sessions_of(self) -> dict[str, list[Row]]:
        """The sessions of each user."""
        found: dict[str, list[Row]] = {}
        for session in records(self.sessions):
            found.setdefault(session["user_id"], []).append(session)
        return found

    @cached_property
    def event_days(self) -> list[date]:
        """The first and the last day with an event of a person; empty without."""
        days = [self.day(moment) for moment in self.people["event_at"]]
        return [min(days), max(days)] if days else []

    @cached_property
    def active_days(self) -> dict[str, dict[date, int]]:
        """By user, the days with an event and how many, bots left out."""
        days: dict[str, dict[date, int]] = {}
        for user, moment in zip(self.people["user_id"], self.people["event_at"], strict=True):
            counts = days.setdefault(user, {})
            counts[self.day(moment)] = counts.get(self.day(moment), 0) + 1
        return days

    @cached_property
    def funnels(self) -> list[Funnel]:
        """The funnels of the setting, else of the seed."""
        types: dict[str, dict[int, set[str]]] = {}
        windows: dict[str, int] = {}
        with (self.settings.funnels_file or DEFAULT_FUNNELS).open(newline="") as file:
            for row in csv.DictReader(file):
                types.setdefault(row["funnel"], {}).setdefault(int(row["step"]), set()).add(row["event_type"])
                windows[row["funnel"]] = int(row["window_seconds"])
        return [
            Funnel(name, tuple(frozenset(steps[number]) for number in sorted(steps)), windows[name])
            for name, steps in types.items()
        ]

    @cached_property
    def rates(self) -> list[tuple[str, date, Decimal]]:
        """Currency, the day from which its rate holds, and the rate."""
        if self.settings.rates_file is None:
            return []
        with self.settings.rates_file.open(newline="") as file:
            return [
                (row["currency"], date.fromisoformat(row["rate_date"]), Decimal(row["rate"]))
                for row in csv.DictReader(file)
            ]


def frame(rows: Iterable[Row], columns: Iterable[str]) -> pd.DataFrame:
    """Rows as they are: no integer becomes a float, and no missing value becomes one."""
    columns = list(columns)
    return pd.DataFrame([[row[name] for name in columns] for row in rows], columns=columns, dtype=object)


def records(table: pd.DataFrame) -> list[Row]:
    """The rows of a frame, one by one."""
    return [dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False, name=None)]


def read(settings: Settings) -> Facts:
    """The facts of a warehouse as they stand."""
    tables = {
        name: read_table(settings, f"marts.fct_{name}")
        for name in ("events", "sessions", "orders", "order_items", "refunds", "reviews")
    }
    return Facts(**tables, settings=settings)


def read_table(settings: Settings, name: str) -> pd.DataFrame:
    """A whole table of the warehouse."""
    answer = open_warehouse(settings).query(f"select * from {name}")
    return frame(answer.records(), answer.columns)


def share(part: Any, whole: Any) -> float | None:
    """Part of a whole; None where either is unknown or the whole is nothing."""
    return None if part is None or not whole else float(part) / float(whole)


def mean(values: list[Any]) -> float | None:
    """The mean; None without values."""
    return share(sum(values), len(values))


def median(values: list[Any]) -> float | None:
    """The middle value, or the mean of the two in the middle; None without values."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return None
    return float(ordered[middle]) if len(ordered) % 2 else float(ordered[middle - 1] + ordered[middle]) / 2


def seconds(earlier: datetime, later: datetime) -> Decimal:
    """Seconds from one time to another, to the microsecond and exact."""
    elapsed = later - earlier
    return Decimal(elapsed.days * 86400 + elapsed.seconds) + Decimal(elapsed.microseconds) / 1_000_000
