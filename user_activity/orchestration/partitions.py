"""Partitions by landing day or week and by event day, and the run tags that select ranges of them."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import dagster as dg

from user_activity.orchestration.date_ranges import DAY, days, monday, ranges, read, written
from user_activity.settings import Settings
from user_activity.sources import Source

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
DATES = "user_activity/dates"
REBUILD = "user_activity/rebuild"
ONLY_STALE = "user_activity/only_stale"  # on runs for stale dates: those that another run builds meanwhile are left out


def landing_partitions(settings: Settings, source: Source) -> dg.TimeWindowPartitionsDefinition:
    """Return landing days up to tomorrow, because clocks differ; for a weekly source, weeks from Monday."""
    if source.cadence == "weekly":
        return dg.WeeklyPartitionsDefinition(monday(settings.start_date).isoformat(), day_offset=1, end_offset=1)
    return dg.DailyPartitionsDefinition(settings.start_date.isoformat(), end_offset=2)


def event_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Return days of the reporting time zone, from the start date to dates that may land tomorrow."""
    return dg.DailyPartitionsDefinition(settings.start_date.isoformat(), timezone=settings.timezone, end_offset=4)


def range_tags(dates: Iterable[date], step: timedelta = DAY) -> dict[str, str]:
    """Return the tags of one run over the given dates.

    A Dagster run covers one contiguous range. For scattered dates, Dagster's tags hold the longest range, and our own
    tag, which the list of runs also shows, holds all dates. So a file that touches fifty scattered days needs one run.
    """
    wanted = sorted(set(dates))
    spans = ranges(wanted, step)
    first, last = max(spans, key=lambda span: (span[1] - span[0], span))
    return {RANGE_START: first.isoformat(), RANGE_END: last.isoformat(), DATES: written(ranges(wanted))}


def tagged_dates(tags: Mapping[str, str]) -> set[date]:
    """Return the dates that a run with these tags processes."""
    if DATES in tags:
        return set(days(read(tags[DATES])))
    if RANGE_START in tags:
        return set(days([(date.fromisoformat(tags[RANGE_START]), date.fromisoformat(tags[RANGE_END]))]))
    return {date.fromisoformat(tags["dagster/partition"])} if "dagster/partition" in tags else set()


def run_dates(context: dg.AssetExecutionContext) -> list[date]:
    """Return the dates that a run processes, sorted: its partitions, and the dates in our own tag."""
    own = {date.fromisoformat(key) for key in context.partition_keys} if context.has_partition_key_range else set()
    return sorted(own | set(days(read(context.run.tags.get(DATES, "")))))
