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
    by_utc_date: dict[tuple[str, bool], set[str]] = {}
    for each in manifests(settings):
        for entry in each.files:
            about = [each.source, each.landing_date.isoformat(), entry.file_name, entry.part_id]
            found.setdefault(each.landing_date, set()).add(json.dumps(["landed", *about]))
            for day in entry.touches:
                is_clamped = each.source in SOURCES and SOURCES[each.source].clamp_early
                by_utc_date.setdefault((day, is_clamped), set()).add(json.dumps(["touches", *about]))
    zone, first = ZoneInfo(settings.timezone), settings.start_date
    for (day, is_clamped), lines in by_utc_date.items():
        dates = _local_dates(day, zone)
        kept = {local for local in dates if local >= first}
        for local in kept or ({first} if is_clamped else dates):
            found.setdefault(local, set()).update(lines)
    return {day: sorted(lines) for day, lines in sorted(found.items())}


class StartDateTooLate(Exception):
    """The start date is later than dates that are in the lake or in the warehouse; the message says what to do."""


def _local_dates(day: str, zone: ZoneInfo) -> set[date]:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    if str(zone) == "UTC":
        return {start.date()}
    return {start.astimezone(zone).date(), (start + timedelta(days=1, microseconds=-1)).astimezone(zone).date()}


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


__all__ = [
    "Entry", "Manifest", "StartDateTooLate", "facts", "manifests", "state", "state_of",
]  # fmt: skip
