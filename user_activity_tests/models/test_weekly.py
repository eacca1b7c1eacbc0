"""Users' weeks day by day, and on how many days they come: over years' ends, time zones, weeks that are not over."""

from pathlib import Path
from typing import Any

import pytest

from user_activity_tests.models.activity import bots, built, changes_of, events, rows_that_differ
from user_activity_tests.platform import Platform, differences

pytestmark = pytest.mark.long

Weeks = dict[tuple[str, str], tuple[list[int | None], int | None, int | None]]


def weeks(platform: Platform) -> Weeks:
    rows = platform.query(
        "select user_id, cast(week_start_date as varchar), daily_events, active_days, events "
        "from metrics.user_weekly_activity order by 1, 2"
    )
    return {(user, start): (list(daily), active, total) for user, start, daily, active, total in rows}


def times(day: str, number: int) -> str:
    return " ".join(f"{day}T{hour:02d}:00:00" for hour in range(number))


#: The last day, a Tuesday, has only a bot: two days of its week are known.
TURN_OF_YEAR = events(
    {
        "ann": " ".join(
            times(day, number)
            for day, number in (
                ("2024-12-30", 3),
                ("2024-12-31", 2),
                ("2025-01-02", 4),
                ("2025-01-03", 1),
                ("2025-01-04", 1),
                ("2025-01-05", 2),
            )
        ),
        "bob": "2024-12-29 2025-01-01 2025-01-20",
    }
) + bots("2024-12-30 2025-01-21")


@pytest.fixture(scope="module")
def turn_of_year(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return built(tmp_path_factory.mktemp("turn_of_year"), [TURN_OF_YEAR])


def test_a_week_is_an_array_from_monday_to_sunday(turn_of_year: Platform) -> None:
    assert weeks(turn_of_year) == {
        ("ann", "2024-12-30"): ([3, 2, 0, 4, 1, 1, 2], 6, 13),
        ("bob", "2024-12-23"): ([0, 0, 0, 0, 0, 0, 1], 1, 1),
        ("bob", "2024-12-30"): ([0, 0, 1, 0, 0, 0, 0], 1, 1),
        ("bob", "2025-01-20"): ([1, None, None, None, None, None, None], None, None),
    }


@pytest.mark.parametrize(
    ("period", "start", "by_active_days"),
    [
        ("week", "2024-12-23", {1: (1, 1)}),
        ("week", "2024-12-30", {1: (1, 2), 2: (0, 1), 5: (0, 1), 6: (1, 1)}),
        ("week", "2025-01-06", {}),
        ("month", "2024-12-01", {1: (1, 2), 2: (1, 1)}),
    ],
)
def test_users_are_counted_by_their_active_days(
    turn_of_year: Platform, period: str, start: str, by_active_days: dict[int, tuple[int, int]]
) -> None:
    rows = turn_of_year.query(
        "select active_days, users, users_at_least from metrics.stickiness_distribution "
        f"where period = '{period}' and period_start_date = '{start}' order by 1"
    )
    assert [days for days, *_ in rows] == list(range(1, (7 if period == "week" else 31) + 1))
    counted = {days: tuple(users) for days, *users in rows}
    assert {days: counted[days] for days in by_active_days} == by_active_days
    assert all(users == (0, 0) for days, users in counted.items() if days > max(by_active_days, default=0))


def test_a_period_that_is_not_over_has_its_rows_but_no_counts(turn_of_year: Platform) -> None:
    assert turn_of_year.query(
        "select period, count(*), count(users), count(users_at_least) from metrics.stickiness_distribution "
        "where period_start_date in ('2025-01-01', '2025-01-20') group by 1 order by 1"
    ) == [("month", 31, 0, 0), ("week", 7, 0, 0)]


def test_days_and_weeks_are_those_of_the_settings(tmp_path: Path) -> None:
    platform = built(
        tmp_path,
        [
            events(
                {
                    # On 2025-03-09 New York goes from UTC−5 to UTC−4; on 2024-11-03 it went back.
                    "ann": "2025-03-09T04:59:59 2025-03-09T05:00:00 2025-03-10T03:59:59 2025-03-10T04:00:00",
                    "bob": "2024-11-03T03:59:59 2024-11-03T04:00:00 2024-11-04T04:59:59 2024-11-04T05:00:00",
                    "cy": "2025-03-16T03:59:59",
                }
            )
        ],
        timezone="America/New_York",
        week_start="sunday",
    )
    assert weeks(platform) == {
        ("ann", "2025-03-02"): ([0, 0, 0, 0, 0, 0, 1], 1, 1),
        ("ann", "2025-03-09"): ([2, 1, 0, 0, 0, 0, 0], 2, 3),
        ("bob", "2024-10-27"): ([0, 0, 0, 0, 0, 0, 1], 1, 1),
        ("bob", "2024-11-03"): ([2, 1, 0, 0, 0, 0, 0], 2, 3),
        ("cy", "2025-03-09"): ([0, 0, 0, 0, 0, 0, 1], 1, 1),
    }
    assert platform.query(
        "select cast(period_start_date as varchar), active_users, dormant_users from metrics.user_lifecycle "
        "where period = 'week' and period_start_date >= '2025-03-01' order by 1"
    ) == [("2025-03-02", 1, 0), ("2025-03-09", 2, 0)]


def test_weeks_change_with_their_days_and_when_they_are_over(turn_of_year: Platform, tmp_path: Path) -> None:
    files = [TURN_OF_YEAR]
    platform = turn_of_year.copied_to(tmp_path / "step by step")

    def taking(*records: dict[str, str]) -> set[tuple[Any, ...]]:
        changes = changes_of(platform, files, *records)
        assert not rows_that_differ(changes, "metrics.stickiness_distribution", 1) - {("week",), ("month",)}
        return {row[1:] for row in rows_that_differ(changes, "metrics.user_weekly_activity", 3)}

    # Two weeks on: bob's week is over although he was not there again.
    assert taking(*events({"cy": "2025-02-05"})) == {("bob", "2025-01-20"), ("cy", "2025-02-03")}
    assert weeks(platform)["bob", "2025-01-20"] == ([1, 0, 0, 0, 0, 0, 0], 1, 1)
    assert weeks(platform)["cy", "2025-02-03"] == ([0, 0, 1, None, None, None, None], None, None)

    assert taking(*events({"ann": "2025-01-01"})) == {("ann", "2024-12-30")}
    assert weeks(platform)["ann", "2024-12-30"] == ([3, 2, 1, 4, 1, 1, 2], 7, 14)

    # The last event moves to another user and an earlier week, which it leaves open.
    moved = events({"cy": "2025-02-05"})[0] | {"user_id": "bob", "event_at": "2025-01-22T12:00:00Z"}
    assert taking(moved) == {("bob", "2025-01-20"), ("cy", "2025-02-03")}
    assert weeks(platform)["bob", "2025-01-20"] == ([1, 0, 1, None, None, None, None], None, None)

    clean = built(tmp_path / "at once", files)
    assert not differences(platform.tables(lineage=False), clean.tables(lineage=False))


def test_another_first_day_of_the_week_leaves_nothing_of_the_old_weeks(turn_of_year: Platform, tmp_path: Path) -> None:
    turn_of_year.copied_to(tmp_path / "changed")
    changed = built(tmp_path / "changed", [], week_start="sunday")
    clean = built(tmp_path / "clean", [TURN_OF_YEAR], week_start="sunday")
    assert weeks(changed)["ann", "2024-12-29"] == ([0, 3, 2, 0, 4, 1, 1], 5, 11)
    assert not differences(changed.tables(lineage=False), clean.tables(lineage=False))
