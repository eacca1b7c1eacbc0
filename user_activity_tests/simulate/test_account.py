"""The simulation knows what it made: its account agrees with the files, read back independently."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from user_activity.simulate import simulate
from user_activity_tests.simulate.conftest import DAYS, EVENTS, START, Season, moment

SOURCES = ("events", "orders", "products", "users", "reviews")
KEYS: dict[str, tuple[str, ...]] = {
    "events": ("event_id",),
    "orders": ("order_id",),
    "products": ("product_id", "updated_at"),
    "users": ("user_id", "updated_at"),
    "reviews": ("review_id",),
}
DATES = {
    "events": "event_at",
    "orders": "order_at",
    "products": "updated_at",
    "users": "updated_at",
    "reviews": "review_at",
}


def _key(source: str, record: dict[str, Any], number: int) -> tuple[object, ...]:
    if source == "events" and "event_id" not in record:
        return (number,)
    return tuple(record[column] for column in KEYS[source])


@pytest.mark.parametrize("source", SOURCES)
def test_every_record_is_counted(season: Season, source: str) -> None:
    assert sum(entry.source == source for entry in season.landed) == season.summary.records[source]
    assert (
        len({(entry.landing, entry.file) for entry in season.landed if entry.source == source})
        == (season.summary.files[source])
    )


@pytest.mark.parametrize("source", SOURCES)
def test_distinct_keys_are_what_staging_will_hold(clean_season: Season, source: str) -> None:
    records = clean_season.records(source)
    keys = {_key(source, record, number) for number, record in enumerate(records)}
    assert len(keys) == clean_season.summary.distinct[source]
    assert len(records) - len(keys) == clean_season.summary.duplicates[source]


@pytest.mark.parametrize("source", SOURCES)
def test_late_records_are_counted(clean_season: Season, source: str) -> None:
    late = sum(
        moment(entry.record[DATES[source]]).date() < entry.landing
        for entry in clean_season.landed
        if entry.source == source and entry.record is not None
    )
    assert late == clean_season.summary.late[source]


def test_events_are_exactly_as_many_as_asked_for(season: Season, clean_season: Season) -> None:
    assert season.summary.distinct["events"] == clean_season.summary.distinct["events"] == EVENTS


def test_about_one_percent_is_messy(season: Season) -> None:
    for source in SOURCES:
        good = season.summary.accepted[source]
        assert season.summary.rejected[source] == pytest.approx(0.01 * good, rel=0.2, abs=1)
        assert season.summary.accepted[source] + season.summary.rejected[source] == season.summary.records[source]


def test_no_mess_when_none_is_asked_for(clean_season: Season) -> None:
    assert not any(clean_season.summary.messy.values())
    assert all(entry.record is not None for entry in clean_season.landed)


def test_mess_comes_on_top_of_the_same_world(season: Season, clean_season: Season) -> None:
    assert season.summary.distinct == clean_season.summary.distinct


def _unparsable(record: dict[str, Any], column: str) -> bool:
    try:
        moment(record[column])
    except ValueError:
        return True
    return False


MESSY_EVENTS: dict[str, Callable[[dict[str, Any], date], bool]] = {
    "missing_user": lambda record, _: "user_id" not in record,
    "blank_user": lambda record, _: record.get("user_id", "x").isspace(),
    "unknown_event_type": lambda record, _: record["event_type"] == "teleport",
    "unparsable_time": lambda record, _: _unparsable(record, "event_at"),
    "time_before_start": lambda r, _: not _unparsable(r, "event_at") and moment(r["event_at"]).date() < START,
    "time_ahead": lambda r, landing: (
        not _unparsable(r, "event_at") and moment(r["event_at"]).date() > landing + timedelta(days=1)
    ),
}


def test_each_kind_of_mess_is_counted(season: Season) -> None:
    found: Counter[str] = Counter()
    for entry in season.landed:
        if entry.source != "events":
            continue
        if entry.record is None:
            found["broken_line"] += 1
            continue
        kinds = [kind for kind, holds in MESSY_EVENTS.items() if holds(entry.record, entry.landing)]
        assert len(kinds) <= 1
        found.update(kinds)
    assert found == season.summary.messy["events"]


def test_robots_are_counted(clean_season: Season) -> None:
    signs = ("bot", "headless", "python-requests", "curl")
    robots = {
        record.get("event_id", f"row {number}")
        for number, record in enumerate(clean_season.records("events"))
        if any(sign in record["user_agent"].lower() for sign in signs)
    }
    assert len(robots) == clean_season.summary.bots
    assert 0.01 < clean_season.summary.bots / EVENTS < 0.03


def test_users_and_sessions_are_counted(clean_season: Season) -> None:
    events = clean_season.records("events")
    assert len({record["user_id"] for record in events}) == clean_season.summary.users
    named = len({record["session_id"] for record in events if "session_id" in record})
    assert 0.85 < named / clean_season.summary.sessions < 0.97


def test_progress_reaches_the_end_of_each_source(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    summary = simulate(tmp_path, days=5, events=400, progress=lambda *step: told.append(step))
    assert [step for step in told if step[1] == step[2]] == [(source, n, n) for source, n in summary.files.items() if n]
    assert len(told) == sum(summary.files.values())


def test_summary_names_its_first_and_last_day(season: Season) -> None:
    assert (season.summary.start, season.summary.end) == (START, START + timedelta(days=DAYS - 1))
    assert {entry.landing for entry in season.landed if entry.source == "events"} == {
        START + timedelta(days=n) for n in range(DAYS)
    }
