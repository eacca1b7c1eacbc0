"""Where users come from and who stays away: by hand, by PostHog's numbers, and after data that comes late."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from user_activity_tests.laws.histories import encode
from user_activity_tests.models.activity import bots, built, changes_of, days, events, rows_that_differ
from user_activity_tests.platform import Platform, differences

pytestmark = pytest.mark.long

#: PostHog/posthog, posthog/hogql_queries/insights/lifecycle/test/test_lifecycle_query_runner.py,
#: test_lifecycle_query_whole_range: 2020-01-09 to 2020-01-19; there dormant users are counted below zero.
POSTHOG_ACTIVITY = {
    "p1": "2020-01-11 2020-01-12 2020-01-13 2020-01-15 2020-01-17 2020-01-19",
    "p2": "2020-01-09 2020-01-12",
    "p3": "2020-01-12",
    "p4": "2020-01-15",
}
POSTHOG_NEW = [1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0]
POSTHOG_RETURNING = [0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0]
POSTHOG_RESURRECTING = [0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1]
POSTHOG_DORMANT = [0, 1, 0, 0, 2, 1, 0, 2, 0, 1, 0]

#: From a Monday over a leap day to a Saturday. On Sunday only a bot comes, which ends neither the week nor the month.
LEAP_YEAR = events(
    {
        "always": days("2024-02-26", "2024-03-30"),
        "once": "2024-02-29",
        "back": "2024-02-27 2024-03-20",
    }
) + bots("2024-03-31")


def lifecycle(platform: Platform) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = platform.query(
        "select period, cast(period_start_date as varchar), active_users, new_users, returning_users, "
        "resurrected_users, dormant_users from metrics.user_lifecycle order by 1, 2"
    )
    return {(period, start): tuple(counts) for period, start, *counts in rows}


def test_lifecycle_is_what_posthog_finds(tmp_path: Path) -> None:
    platform = built(tmp_path, [events(POSTHOG_ACTIVITY)])
    rows = platform.query(
        "select new_users, returning_users, resurrected_users, dormant_users "
        "from metrics.user_lifecycle where period = 'day' order by period_start_date"
    )
    expected = zip(POSTHOG_NEW, POSTHOG_RETURNING, POSTHOG_RESURRECTING, POSTHOG_DORMANT, strict=True)
    assert rows == list(expected)


@pytest.fixture(scope="module")
def leap_year(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return built(tmp_path_factory.mktemp("leap_year"), [LEAP_YEAR])


def test_every_week_and_month_counts_those_who_come_stay_and_go(leap_year: Platform) -> None:
    counted = {key: counts for key, counts in lifecycle(leap_year).items() if key[0] != "day"}
    assert counted == {  # active, new, returning, resurrected, dormant
        ("month", "2024-02-01"): (3, 3, 0, 0, 0),
        ("month", "2024-03-01"): (None,) * 5,
        ("week", "2024-02-26"): (3, 3, 0, 0, 0),
        ("week", "2024-03-04"): (1, 0, 1, 0, 2),
        ("week", "2024-03-11"): (1, 0, 1, 0, 0),
        ("week", "2024-03-18"): (2, 0, 1, 1, 0),
        ("week", "2024-03-25"): (None,) * 5,
    }


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        ("2024-02-26", (1, 1, 0, 0, 0)),
        ("2024-02-27", (2, 1, 1, 0, 0)),
        ("2024-02-28", (1, 0, 1, 0, 1)),
        ("2024-02-29", (2, 1, 1, 0, 0)),
        ("2024-03-01", (1, 0, 1, 0, 1)),
        ("2024-03-20", (2, 0, 1, 1, 0)),
    ],
    ids=[
        "the first day has only new users",
        "a second user joins",
        "and stays away",
        "the leap day is a day",
        "and the day before the first of March",
        "who was away comes back",
    ],
)
def test_a_day_counts(leap_year: Platform, day: str, counts: tuple[int, ...]) -> None:
    assert lifecycle(leap_year)["day", day] == counts


def test_days_are_without_gaps(leap_year: Platform) -> None:
    assert [start for period, start in lifecycle(leap_year) if period == "day"] == days(
        "2024-02-26", "2024-03-30"
    ).split()


def test_further_and_late_and_corrected_events_change_what_they_should(leap_year: Platform, tmp_path: Path) -> None:
    files = [LEAP_YEAR]
    platform = leap_year.copied_to(tmp_path / "step by step")

    def taking(*records: dict[str, str]) -> set[tuple[str, ...]]:
        return rows_that_differ(changes_of(platform, files, *records), "metrics.user_lifecycle", 2)

    assert taking(*events({"always": "2024-04-03"})) == {
        ("month", "2024-03-01"),
        ("month", "2024-04-01"),
        ("week", "2024-03-25"),
        ("week", "2024-04-01"),
        ("day", "2024-03-31"),
        *(("day", f"2024-04-0{number}") for number in (1, 2, 3)),
    }
    counted = lifecycle(platform)
    assert counted["week", "2024-04-01"] == counted["month", "2024-04-01"] == (None,) * 5
    assert (counted["day", "2024-04-02"], counted["day", "2024-04-03"]) == ((0,) * 5, (1, 0, 0, 1, 0))

    # An earlier first day: who was new is now back, and who was not there leaves the day after.
    assert taking(*events({"once": "2024-02-26"})) == {
        ("day", "2024-02-26"),
        ("day", "2024-02-27"),
        ("day", "2024-02-29"),
    }
    assert lifecycle(platform)["day", "2024-02-29"] == (2, 0, 1, 1, 0)

    # A later first day, in another week and month.
    corrected = events({"back": "2024-02-27"})[0] | {"event_at": "2024-03-05T12:00:00Z"}
    assert taking(corrected) == {
        *(("day", day) for day in ("2024-02-27", "2024-02-28", "2024-03-05", "2024-03-06")),
        *(("week", week) for week in ("2024-02-26", "2024-03-04", "2024-03-11")),
        *(("month", month) for month in ("2024-02-01", "2024-03-01")),
    }
    assert lifecycle(platform)["month", "2024-03-01"] == (2, 1, 1, 0, 1)

    clean = built(tmp_path / "at once", files)
    assert not differences(platform.tables(lineage=False), clean.tables(lineage=False))


def test_no_event_makes_no_row(tmp_path: Path) -> None:
    platform = Platform(tmp_path, start_date=date(2024, 1, 1))
    record = {"review_id": "r1", "user_id": "ann", "product_id": "p1", "rating": 5, "review_at": "2024-01-02T10:00:00Z"}
    platform.drop("reviews", date(2024, 1, 2), "reviews.jsonl", encode((record,), "reviews.jsonl"))
    platform.run()
    for table in ("user_lifecycle", "retention", "user_weekly_activity", "stickiness_distribution"):
        assert platform.query(f"select * from metrics.{table}") == []
