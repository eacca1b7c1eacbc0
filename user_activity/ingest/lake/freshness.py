"""The lake's state for dbt models: which reporting dates each raw file affects."""

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from user_activity.ingest.lake import manifest
from user_activity.ingest.lake.manifest import Entry, Manifest
from user_activity.settings import Settings
from user_activity.sources import SOURCES

State = dict[tuple[str, date], str]


def manifests(settings: Settings, source: str | None = None) -> list[Manifest]:
    """All manifests, sorted by source and landing date."""
    return list(manifest.all_of(settings, source))


def state(settings: Settings, source: str | None = None) -> State:
    """A digest of the content of raw per source and landing date."""
    return state_of(manifests(settings, source))


def state_of(found: Iterable[Manifest], more: Callable[[Manifest], list[str]] = lambda _: []) -> State:
    """The same for the given manifests. ``more`` returns further lines to include in a manifest's digest."""
    return {
        (each.source, each.landing_date): _digest(
            [*sorted(f"{entry.file_name} {entry.part_id}" for entry in each.files), *more(each)]
        )
        for each in found
    }


def facts(settings: Settings) -> dict[date, list[str]]:
    """The inputs of each reporting date, as sorted lines of JSON.

    ``["touches", source, landing date, file, part]`` for each file with rows that affect the date, and ``["landed",
    source, landing date, file, part]`` for each file that landed on the date. The same content on another landing date
    is a separate input: it is a duplicate, and duplicates are counted.
    """
    found: dict[date, set[str]] = {}
    by_utc_date: dict[str, set[str]] = {}
    for each in manifests(settings):
        for entry in each.files:
            about = [each.source, each.landing_date.isoformat(), entry.file_name, entry.part_id]
            found.setdefault(each.landing_date, set()).add(json.dumps(["landed", *about]))
            for day in entry.touches:
                first_kept = _first_kept(day, each.source, settings)
                by_utc_date.setdefault(first_kept, set()).add(json.dumps(["touches", *about]))
    zone = ZoneInfo(settings.timezone)
    for day, lines in by_utc_date.items():
        for local in _local_dates(day, zone):
            found.setdefault(local, set()).update(lines)
    return {day: sorted(lines) for day, lines in sorted(found.items())}


class StartDateTooLate(Exception):
    """The start date is later than dates that are in the lake or in the warehouse; the message says what to do."""


def first_event_date(settings: Settings) -> date:
    """The first event date: the reporting time zone's date at the start of the first UTC day."""
    return min(_local_dates(settings.start_date.isoformat(), ZoneInfo(settings.timezone)))


def _first_kept(day: str, source: str, settings: Settings) -> str:
    found = SOURCES.get(source)
    return max(day, settings.start_date.isoformat()) if found and found.clamp_early else day


def _local_dates(day: str, zone: ZoneInfo) -> set[date]:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    if str(zone) == "UTC":
        return {start.date()}
    return {start.astimezone(zone).date(), (start + timedelta(days=1, microseconds=-1)).astimezone(zone).date()}


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


__all__ = [
    "Entry", "Manifest", "StartDateTooLate", "facts", "first_event_date", "manifests", "state", "state_of",
]  # fmt: skip
