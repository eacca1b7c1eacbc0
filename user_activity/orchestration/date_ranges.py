"""Conversions between dates, ranges of dates, and text. Does not import Dagster."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

DAY = timedelta(days=1)
WEEK = timedelta(days=7)

Range = tuple[date, date]


def monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def ranges(dates: Iterable[date], step: timedelta = DAY) -> list[Range]:
    """Return dates as contiguous (first, last) ranges, in order."""
    found: list[Range] = []
    for day in sorted(set(dates)):
        if found and day - found[-1][1] == step:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def days(spans: Iterable[Range], step: timedelta = DAY) -> Iterator[date]:
    """Yield every date of the ranges."""
    for first, last in spans:
        for number in range((last - first) // step + 1):
            yield first + number * step


def written(spans: Iterable[Range]) -> str:
    """Return ranges as text: ``2026-01-01..2026-01-31,2026-02-03``."""
    return ",".join(first.isoformat() if first == last else f"{first}..{last}" for first, last in spans)


def read(text: str) -> list[Range]:
    """Parse the text that :func:`written` returns."""
    ends = [part.split("..") for part in text.split(",") if part]
    return [(date.fromisoformat(pair[0]), date.fromisoformat(pair[-1])) for pair in ends]
