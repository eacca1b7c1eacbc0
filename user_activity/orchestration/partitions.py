"""Partitions: the days and weeks that files land on, the days that events happened on, and ranges of them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from user_activity.settings import Settings
from user_activity.sources import Source

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
DATES = "user_activity/dates"
REBUILD = "user_activity/rebuild"
DAY = timedelta(days=1)
WEEK = timedelta(days=7)

Range = tuple[date, date]


def landing_partitions(settings: Settings, source: Source) -> dg.TimeWindowPartitionsDefinition:
    """Days of landing, up to tomorrow (clocks differ); weeks from Monday for a source that comes weekly."""
    if source.cadence == "weekly":
        return dg.WeeklyPartitionsDefinition(monday(settings.start_date).isoformat(), day_offset=1, end_offset=1)
    return dg.DailyPartitionsDefinition(settings.start_date.isoformat(), end_offset=2)


def event_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Days of the reporting time zone: from the one the first UTC day begins in, to what may land tomorrow."""
    start = datetime.combine(settings.start_date, time(), UTC).astimezone(ZoneInfo(settings.timezone)).date()
    return dg.DailyPartitionsDefinition(start.isoformat(), timezone=settings.timezone, end_offset=4)


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def ranges(dates: Iterable[date], step: timedelta = DAY) -> list[Range]:
    """Dates as contiguous (first, last) ranges, in order."""
    found: list[Range] = []
    for day in sorted(set(dates)):
        if found and day - found[-1][1] == step:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def days(spans: Iterable[Range], step: timedelta = DAY) -> Iterator[date]:
    """Every date of some ranges."""
    for first, last in spans:
        for number in range((last - first) // step + 1):
            yield first + number * step


def written(spans: Iterable[Range]) -> str:
    """Ranges as text: ``2026-01-01..2026-01-31,2026-02-03``."""
    return ",".join(first.isoformat() if first == last else f"{first}..{last}" for first, last in spans)


def read(text: str) -> list[Range]:
    """Ranges out of such a text."""
    ends = [part.split("..") for part in text.split(",") if part]
    return [(date.fromisoformat(pair[0]), date.fromisoformat(pair[-1])) for pair in ends]


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
