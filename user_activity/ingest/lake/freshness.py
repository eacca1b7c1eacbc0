"""The lake as models see it: which dates raw bears on, and which of them the warehouse has consumed as they are now."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from user_activity.files import write_texts
from user_activity.ingest.lake import manifest
from user_activity.ingest.lake.manifest import Entry, Manifest
from user_activity.settings import Settings
from user_activity.sources import SOURCES

State = dict[tuple[str, date], str]


def manifests(settings: Settings, source: str | None = None) -> list[Manifest]:
    """Every manifest, by source and landing date."""
    return list(manifest.all_of(settings, source))


def state(settings: Settings, source: str | None = None) -> State:
    """A digest of what raw holds, by source and landing date."""
    return state_of(manifests(settings, source))


def state_of(found: Iterable[Manifest], more: Callable[[Manifest], list[str]] = lambda _: []) -> State:
    """The same of some manifests, with what else each of them is to be told from another by."""
    return {
        (each.source, each.landing_date): _digest(
            [*sorted(f"{entry.file_name} {entry.part_id}" for entry in each.files), *more(each)]
        )
        for each in found
    }


def touched(settings: Settings) -> dict[date, str]:
    """Each reporting date that raw bears on, with the fingerprint of all that its figures depend on there."""
    parts: dict[str, list[str]] = {}
    for found in manifests(settings):
        for entry in found.files:
            for day in entry.touches:
                parts.setdefault(_first_kept(day, found.source, settings), []).append(f"{found.source} {entry.part_id}")
    shape = json.dumps(settings.model_environment(), sort_keys=True)
    by_date: dict[date, list[str]] = {}
    zone = ZoneInfo(settings.timezone)
    for day, names in parts.items():
        for local in _local_dates(day, zone):
            by_date.setdefault(local, []).extend(names)
    return {day: _digest([shape, *sorted(set(names))]) for day, names in sorted(by_date.items())}


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


def _built_dir(settings: Settings) -> Path:
    return settings.warehouse_dir / "built"


def built(settings: Settings) -> dict[date, str]:
    """The dates the warehouse has consumed, with the fingerprint they had."""
    folder = _built_dir(settings)
    marks = sorted(folder.glob("[0-9]*")) if folder.is_dir() else []
    return {date.fromisoformat(mark.name): mark.read_text() for mark in marks}


def mark_built(settings: Settings, fingerprints: Mapping[date, str]) -> None:
    """Note that the warehouse has consumed these dates as they were at these fingerprints."""
    folder = _built_dir(settings)
    write_texts({folder / day.isoformat(): fingerprint for day, fingerprint in fingerprints.items()})


__all__ = ["Entry", "Manifest", "built", "manifests", "mark_built", "state", "state_of", "touched"]
