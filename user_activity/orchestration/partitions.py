"""Partitions: the days and weeks that files land on, the days that events happened on, and ranges of them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from user_activity.orchestration.date_ranges import DAY, days, monday, ranges, read, written
from user_activity.settings import Settings
from user_activity.sources import Source

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
DATES = "user_activity/dates"
REBUILD = "user_activity/rebuild"


def landing_partitions(settings: Settings, source: Source) -> dg.TimeWindowPartitionsDefinition:
    """Days of landing, up to tomorrow (clocks differ); weeks from Monday for a source that comes weekly."""
    if source.cadence == "weekly":
        return dg.WeeklyPartitionsDefinition(monday(settings.start_date).isoformat(), day_offset=1, end_offset=1)
    return dg.DailyPartitionsDefinition(settings.start_date.isoformat(), end_offset=2)


def event_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Days of the reporting time zone: from the one the first UTC day begins in, to what may land tomorrow."""
    start = datetime.combine(settings.start_date, time(), UTC).astimezone(ZoneInfo(settings.timezone)).date()
    return dg.DailyPartitionsDefinition(start.isoformat(), timezone=settings.timezone, end_offset=4)


def range_tags(dates: Iterable[date], step: timedelta = DAY) -> dict[str, str]:
    """The tags of one run over the given dates.

    Dagster knows runs over one contiguous range. A run over scattered dates carries the longest range as Dagster's and
    all the dates in a tag of our own, which its list of runs shows, too: a file that touches fifty scattered days is
    one run, not fifty.
    """
    wanted = sorted(set(dates))
    spans = ranges(wanted, step)
    first, last = max(spans, key=lambda span: (span[1] - span[0], span))
    return {RANGE_START: first.isoformat(), RANGE_END: last.isoformat(), DATES: written(ranges(wanted))}


def tagged_dates(tags: Mapping[str, str]) -> set[date]:
    """The dates that a run with such tags works on."""
    if DATES in tags:
        return set(days(read(tags[DATES])))
    if RANGE_START in tags:
        return set(days([(date.fromisoformat(tags[RANGE_START]), date.fromisoformat(tags[RANGE_END]))]))
    return {date.fromisoformat(tags["dagster/partition"])} if "dagster/partition" in tags else set()


def run_dates(context: dg.AssetExecutionContext) -> list[date]:
    """The dates a run works on: its partitions and, where it carries the tag, the further ones."""
    own = {date.fromisoformat(key) for key in context.partition_keys} if context.has_partition_key_range else set()
    return sorted(own | set(days(read(context.run.tags.get(DATES, "")))))
