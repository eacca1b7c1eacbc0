"""Histories for the metrics of engagement, as text: who was active when."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from user_activity_tests.laws.histories import Record, encode
from user_activity_tests.platform import Platform, differences

FIRST_LANDING = date(2025, 6, 1)
Files = list[tuple[Record, ...]]  # each lands a day after the one before it


def events(activity: Mapping[str, str], **fields: str) -> tuple[Record, ...]:
    """An event for each of a user's days, at noon, or times, both UTC; their ids are the user and the moment."""
    return tuple(
        {
            "event_id": f"{user} {moment}",
            "user_id": user,
            "event_type": "page_view",
            "event_at": (moment if "T" in moment else f"{moment}T12:00:00") + "Z",
            **fields,
        }
        for user, moments in activity.items()
        for moment in moments.split()
    )


def bots(days: str) -> tuple[Record, ...]:
    """Visits of a crawler."""
    return events({"crawler": days}, user_agent="Googlebot/2.1")


def days(first: str, last: str) -> str:
    """Every day of a range, as `events` takes them."""
    start, end = date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal()
    return " ".join(date.fromordinal(day).isoformat() for day in range(start, end + 1))


def built(folder: Path, files: Files, **settings: Any) -> Platform:
    """A platform that took these files in one run."""
    platform = Platform(folder, **{"start_date": date(2020, 1, 1)} | settings)
    for number, records in enumerate(files):
        land(platform, number, records)
    platform.run()
    return platform


def land(platform: Platform, number: int, records: tuple[Record, ...]) -> None:
    """Drop the file of that number."""
    name = f"{number}.jsonl"
    platform.drop("events", FIRST_LANDING + timedelta(days=number), name, encode(records, name))


def changes_of(platform: Platform, files: Files, *records: Record) -> dict[str, Any]:
    """Land one more file; what it changes: by table, the rows that were or are not there."""
    before = platform.tables(lineage=False)
    land(platform, len(files), records)
    files.append(records)
    platform.run()
    return differences(platform.tables(lineage=False), before)


def rows_that_differ(changes: dict[str, Any], table: str, columns: int) -> set[tuple[str, ...]]:
    """The first columns of a table's rows that came or went."""
    sides = changes.get(table, {})
    return {tuple(str(cell) for cell in row[:columns]) for rows in sides.values() for row in rows}
