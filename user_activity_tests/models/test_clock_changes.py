"""Sessions over days that have 23 or 25 hours, because clocks change."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from user_activity_tests.laws.histories import Record, encode
from user_activity_tests.models.conftest import Opened
from user_activity_tests.models.test_sessions import walked
from user_activity_tests.platform import Platform, differences

pytestmark = pytest.mark.long

#: A zone, and days on which its clocks change.
CHANGES = (
    ("Europe/Berlin", ("2026-03-29", "2025-10-26")),
    ("America/New_York", ("2026-03-08", "2025-11-02")),
    ("America/Santiago", ("2025-09-07", "2026-04-05")),  # at midnight
    ("Australia/Lord_Howe", ("2025-10-05", "2026-04-05")),  # by half an hour
)

#: Minutes after 23:30 of the day before the change at which somebody acts, and whether the source names the session.
VISITS = {
    "goes on two days later": ((0, 1420), True),
    "ends exactly after 24 hours": ((0, 1440), True),
    "is over after 24 hours": ((0, 1441), True),
    "is cut, and goes on": ((0, 700, 1435, 1500, 2000), True),
    "never pauses": (tuple(range(0, 1600, 20)), False),
    "pauses": ((0, 31, 1420), False),
}


def happenings(zone: str, days: tuple[str, ...]) -> list[tuple[str, str | None, datetime]]:
    """User, session id and time (UTC) of each event: for each change of clocks a user for each visit."""
    return [
        (f"{name} {day}", "s" if is_named else None, start + timedelta(minutes=minute))
        for day in days
        for start in [_utc(datetime.fromisoformat(f"{day}T23:30") - timedelta(days=1), zone)]
        for name, (minutes, is_named) in VISITS.items()
        for minute in minutes
    ]


def _utc(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def _local_day(moment: datetime, zone: str) -> date:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def records(zone: str, days: tuple[str, ...]) -> list[Record]:
    return [
        {"event_id": f"{user} {moment}", "user_id": user, "event_type": "page_view", "event_at": moment.isoformat()}
        | ({"session_id": session} if session else {})
        for user, session, moment in happenings(zone, days)
    ]


def assert_sessions_are_walked(platform: Platform, zone: str, days: tuple[str, ...]) -> None:
    expected = [
        (user, _local_day(started, zone), started, ended, count)
        for user, started, ended, count in walked(happenings(zone, days))
    ]
    assert expected == platform.query(
        "select user_id, session_date, started_at, ended_at, event_count from marts.fct_sessions order by 1, 3"
    )


@pytest.mark.long
@pytest.mark.parametrize(("zone", "days"), CHANGES)
def test_a_session_lasts_up_to_24_hours_whatever_the_clocks_say(
    zone: str, days: tuple[str, ...], tmp_path: Path
) -> None:
    platform = Platform(tmp_path, start_date=date(2025, 1, 1), timezone=zone)
    platform.drop("events", date(2026, 5, 1), "all.jsonl", encode(tuple(records(zone, days)), "all.jsonl"))
    platform.run()
    assert_sessions_are_walked(platform, zone, days)


def test_days_of_a_session_that_come_in_any_order_give_the_same(opened: Opened) -> None:
    zone, days = "Europe/Berlin", ("2026-03-29",)
    start, all_records = date(2025, 1, 1), records(zone, days)
    platform = opened(start_date=start, timezone=zone)
    of_day: dict[date, list[Record]] = {}
    for record in all_records:
        of_day.setdefault(_local_day(datetime.fromisoformat(record["event_at"]), zone), []).append(record)
    first, changed, last = sorted(of_day)
    for number, day in enumerate((last, first, changed)):
        landing_date = date(2026, 4, 1) + timedelta(days=number)
        platform.drop("events", landing_date, "day.jsonl", encode(tuple(of_day[day]), "day.jsonl"))
        platform.run()
    assert_sessions_are_walked(platform, zone, days)
    step_by_step = platform.tables(lineage=False)

    at_once = opened(start_date=start, timezone=zone)
    at_once.drop("events", date(2026, 4, 1), "all.jsonl", encode(tuple(all_records), "all.jsonl"))
    at_once.run()
    assert not differences(step_by_step, at_once.tables(lineage=False))
