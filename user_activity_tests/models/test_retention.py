"""Who comes back how much later: by hand, by PostHog's numbers, after data that comes late, and after a killed run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from user_activity.orchestration.dbt import runner
from user_activity_tests.models.activity import built, changes_of, events, land, rows_that_differ
from user_activity_tests.platform import Platform, differences

pytestmark = pytest.mark.long

#: PostHog/posthog, posthog/hogql_queries/insights/retention/test/test_retention_query_runner.py, test_day_interval:
#: recurring cohorts of 2020-06-10 to 2020-06-20; person1's event of 2020-06-15T09 comes under an alias there.
POSTHOG_ACTIVITY = {
    "person1": "2020-06-10T05:00:00 2020-06-11T05:00:00 2020-06-12T05:00:00 2020-06-15T05:00:00 "
    "2020-06-15T09:00:00 2020-06-16T05:00:00",
    "person2": "2020-06-11T05:00:00 2020-06-12T05:00:00 2020-06-13T05:00:00 2020-06-16T05:00:00",
}
POSTHOG_RETAINED = [
    [1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0],
    [2, 2, 1, 0, 1, 2, 0, 0, 0, 0],
    [2, 1, 0, 1, 2, 0, 0, 0, 0],
    [1, 0, 0, 1, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0],
    [1, 1, 0, 0, 0, 0],
    [2, 0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0],
    [0, 0],
    [1],
]

#: Over a year's end and a leap day, with a month that nobody is active in; the last month and week are not over.
MONTHS = events(
    {
        "ann": "2023-12-31 2024-01-31 2024-02-29 2024-04-15",
        "bob": "2024-01-01 2024-02-29",
        "cy": "2024-04-15",
    }
)


def retained(platform: Platform, period: str, cohort_type: str) -> dict[str, list[int | None]]:
    """Users retained at each age, by cohort."""
    cohorts: dict[str, list[int | None]] = {}
    for cohort, users in platform.query(
        "select cast(cohort_start_date as varchar), retained_users from metrics.retention "
        f"where period = '{period}' and cohort_type = '{cohort_type}' order by cohort_start_date, age"
    ):
        cohorts.setdefault(cohort, []).append(users)
    return cohorts


@pytest.fixture(scope="module")
def posthog(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    # Somebody else's visit on the last day of their window makes it the last day of ours, and adds that day's cohort.
    return built(tmp_path_factory.mktemp("posthog"), [events(POSTHOG_ACTIVITY | {"other": "2020-06-20T05:00:00"})])


def test_recurring_cohorts_are_what_posthog_finds(posthog: Platform) -> None:
    assert list(retained(posthog, "day", "recurring").values()) == POSTHOG_RETAINED


@pytest.mark.parametrize(
    ("cohort_type", "cohort", "users"),
    [
        ("first_time", "2020-06-10", [1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0]),
        ("first_time", "2020-06-11", [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]),
        ("first_time", "2020-06-12", [0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("rolling", "2020-06-10", [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]),
        ("rolling", "2020-06-12", [2, 2, 2, 2, 2, 0, 0, 0, 0]),
        ("rolling", "2020-06-14", [0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_other_cohorts_of_the_same_days(posthog: Platform, cohort_type: str, cohort: str, users: list[int]) -> None:
    assert retained(posthog, "day", cohort_type)[cohort] == users


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return built(tmp_path_factory.mktemp("months"), [MONTHS])


@pytest.mark.parametrize(
    ("cohort_type", "cohorts"),
    [
        ("first_time", [[1, 1, 1, 0, None], [1, 1, 0, None], [0, 0, None], [0, None], [None]]),
        ("recurring", [[1, 1, 1, 0, None], [2, 2, 0, None], [2, 0, None], [0, None], [None]]),
        ("rolling", [[1, 1, 1, 1, None], [2, 2, 1, None], [2, 1, None], [0, None], [None]]),
    ],
)
def test_ages_count_calendar_months(months: Platform, cohort_type: str, cohorts: list[list[int | None]]) -> None:
    found = retained(months, "month", cohort_type)
    assert list(found) == ["2023-12-01", "2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]
    assert list(found.values()) == cohorts


def test_ages_count_weeks_over_the_end_of_a_year(months: Platform) -> None:
    assert retained(months, "week", "recurring")["2023-12-25"][:6] == [1, 0, 0, 0, 0, 1]
    assert retained(months, "week", "first_time")["2024-01-01"][:9] == [1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert months.query(
        "select count(*) from metrics.retention "
        "where period <> 'month' "
        "and activity_start_date <> cohort_start_date + age * case period when 'week' then 7 else 1 end"
    ) == [(0,)]


def test_what_is_not_over_is_unknown_and_what_is_empty_has_no_rate(months: Platform) -> None:
    rows = months.query(
        "select cast(cohort_start_date as varchar), age, cohort_users, retained_users, retention_rate "
        "from metrics.retention where period = 'month' and ("
        "cohort_type = 'first_time' and age = 0 or cohort_type = 'recurring' and activity_start_date = '2024-04-01'"
        ") order by 1, 2, cohort_type"
    )
    assert rows == [
        ("2023-12-01", 0, 1, 1, 1.0),
        ("2023-12-01", 4, 1, None, None),
        ("2024-01-01", 0, 1, 1, 1.0),
        ("2024-01-01", 3, 2, None, None),
        ("2024-02-01", 0, 0, 0, None),
        ("2024-02-01", 2, 2, None, None),
        ("2024-03-01", 0, 0, 0, None),
        ("2024-03-01", 1, 0, None, None),
        ("2024-04-01", 0, None, None, None),
        ("2024-04-01", 0, None, None, None),
    ]


def cohorts_that_differ(changes: dict[str, Any]) -> set[tuple[str, ...]]:
    return rows_that_differ(changes, "metrics.retention", 3)


def test_users_move_to_the_cohort_of_their_new_first_day_and_leave_their_old_one(
    months: Platform, tmp_path: Path
) -> None:
    files = [MONTHS]
    platform = months.copied_to(tmp_path / "step by step")
    before = platform.tables(lineage=False)

    late = events({"bob": "2023-12-31"})[0]
    types = ("first_time", "recurring", "rolling")
    assert cohorts_that_differ(changes_of(platform, files, late)) == {
        *(("day", cohort_type, "2023-12-31") for cohort_type in types),
        *(("week", cohort_type, "2023-12-25") for cohort_type in types),
        *(("month", cohort_type, "2023-12-01") for cohort_type in types),
        ("day", "first_time", "2024-01-01"),
        ("week", "first_time", "2024-01-01"),
        ("month", "first_time", "2024-01-01"),
    }

    # Corrected to a later day, it takes bob back to where he began, with one more day in between.
    changes_of(platform, files, late | {"event_at": "2024-01-10T12:00:00Z"})
    assert cohorts_that_differ(differences(platform.tables(lineage=False), before)) == {
        *(("day", cohort_type, "2024-01-01") for cohort_type in ("first_time", "recurring")),
        *(("day", cohort_type, "2024-01-10") for cohort_type in ("recurring", "rolling")),
        *(("week", cohort_type, "2024-01-01") for cohort_type in ("first_time", "recurring")),
        *(("week", cohort_type, "2024-01-08") for cohort_type in ("recurring", "rolling")),
    }

    # The last day of all goes, and with it the end of March: what was over is open again.
    last_day = [event for event in MONTHS if event["event_at"].startswith("2024-04-15")]
    changes_of(platform, files, *(event | {"user_id": "bob", "event_at": "2024-03-30T12:00:00Z"} for event in last_day))
    clean = built(tmp_path / "at once", files)
    assert not differences(platform.tables(lineage=False), clean.tables(lineage=False))


def test_a_run_that_was_cut_off_between_users_and_cohorts_leaves_no_trace(
    months: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [MONTHS]
    platform = months.copied_to(tmp_path / "cut off")
    earlier, later = events({"bob": "2023-12-31"}), events({"bob": "2024-02-10", "dee": "2024-01-20"})
    build = runner.build

    def cut_off(settings: Any, selection: Sequence[str], *more: Any) -> Any:
        build(settings, [*selection, "--exclude", "int_cohort_activity+", "user_weekly_activity+"], *more)
        raise runner.BuildFailed("the power went")

    with monkeypatch.context() as context:
        context.setattr(runner, "build", cut_off)
        land(platform, len(files), earlier)
        files.append(earlier)
        with pytest.raises(AssertionError, match="the power went"):
            platform.run()
    changes_of(platform, files, *later)
    clean = built(tmp_path / "at once", files)
    assert not differences(platform.tables(lineage=False), clean.tables(lineage=False))
