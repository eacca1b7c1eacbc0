"""Dates, ranges of them, and the tags that carry them."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity.orchestration.date_ranges import WEEK, days, ranges, read, written
from user_activity.orchestration.partitions import (
    DATES,
    RANGE_END,
    RANGE_START,
    event_partitions,
    landing_partitions,
    range_tags,
    tagged_dates,
)
from user_activity.settings import Settings
from user_activity.sources import SOURCES

DATE_SETS = st.sets(st.dates(date(2025, 1, 1), date(2025, 6, 1)), min_size=1, max_size=40)


@given(DATE_SETS)
def test_a_runs_tags_name_exactly_the_dates_asked_for(dates: set[date]) -> None:
    assert tagged_dates(range_tags(dates)) == dates


@given(DATE_SETS)
def test_ranges_are_contiguous_and_apart(dates: set[date]) -> None:
    spans = ranges(dates)
    assert set(days(spans)) == dates
    assert all(later[0] - earlier[1] > timedelta(days=1) for earlier, later in pairwise(spans))


@given(DATE_SETS)
def test_ranges_survive_being_written(dates: set[date]) -> None:
    assert read(written(ranges(dates))) == ranges(dates)


def test_dagsters_own_range_is_the_longest_one() -> None:
    scattered = [date(2025, 1, 1), date(2025, 2, 1), date(2025, 2, 2), date(2025, 5, 1)]
    tags = range_tags(scattered)
    assert (tags[RANGE_START], tags[RANGE_END]) == ("2025-02-01", "2025-02-02")
    assert tags[DATES] == "2025-01-01,2025-02-01..2025-02-02,2025-05-01"


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Honolulu", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati"])
def test_every_day_that_an_accepted_row_can_bear_on_is_a_partition(zone: str) -> None:
    settings = Settings(_env_file=None, timezone=zone)
    latest_landing = datetime.now(UTC).date() + timedelta(days=1)
    keys = event_partitions(settings).get_partition_keys()
    assert keys[0] == str(settings.start_date)  # a day of that zone, as is the last one: a day after landing
    assert str(latest_landing + timedelta(days=1)) in keys


@pytest.mark.parametrize("name", SOURCES)
def test_every_day_that_a_file_can_land_on_is_in_a_partition(name: str) -> None:
    settings = Settings(_env_file=None)
    keys = landing_partitions(settings, SOURCES[name]).get_partition_keys()
    for day in (settings.start_date, datetime.now(UTC).date() + timedelta(days=1)):
        assert str(SOURCES[name].partition_of(day)) in keys


def test_weeks_in_a_row_are_one_range() -> None:
    mondays = [date(2025, 1, 6) + WEEK * n for n in range(4)]
    tags = range_tags(mondays, WEEK)
    assert (tags[RANGE_START], tags[RANGE_END]) == ("2025-01-06", "2025-01-27")
    assert tagged_dates(tags) == set(mondays)
