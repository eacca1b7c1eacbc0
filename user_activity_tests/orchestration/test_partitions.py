"""Dates, ranges of them, and the tags that carry them."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from user_activity.orchestration.partitions import (
    DATES,
    RANGE_END,
    RANGE_START,
    WEEK,
    days,
    range_tags,
    ranges,
    read,
    tagged_dates,
    written,
)

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


def test_weeks_in_a_row_are_one_range() -> None:
    mondays = [date(2025, 1, 6) + WEEK * n for n in range(4)]
    assert range_tags(mondays, WEEK) == {RANGE_START: "2025-01-06", RANGE_END: "2025-01-27"}
