"""Funnels and histories for tests: their files, and what a funnel counts by trying every order of a user's events."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path
from statistics import fmean, median
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from user_activity_tests.laws.histories import encode
from user_activity_tests.platform import Platform

Funnels = dict[str, tuple[int, tuple[str, ...]]]  # name to window in seconds and, for each step, letters of its types
Happening = tuple[str, str, datetime]  # user, the event type's letter (a small one: done by a bot), when
Key = tuple[str, date, int]
TYPES = {"A": "page_view", "B": "click", "C": "search", "D": "share"}


def funnels_file(path: Path, funnels: Funnels, types: Mapping[str, str] = TYPES) -> Path:
    lines = [
        f"{name},{number},{types[letter]},{window}\n"
        for name, (window, steps) in funnels.items()
        for number, letters in enumerate(steps, start=1)
        for letter in letters
    ]
    path.write_text("funnel,step,event_type,window_seconds\n" + "".join(lines))
    return path


def drop(platform: Platform, landed: date, name: str, happenings: Mapping[str, Happening]) -> None:
    """Land events by their ids."""
    records = tuple(
        {"event_id": key, "user_id": user, "event_type": TYPES[letter.upper()], "event_at": at.isoformat()}
        | ({"user_agent": "Googlebot/2.1"} if letter.islower() else {})
        for key, (user, letter, at) in happenings.items()
    )
    platform.drop("events", landed, f"{name}.jsonl", encode(records, f"{name}.jsonl"))


def counted(platform: Platform) -> dict[Key, tuple[Any, ...]]:
    """What the warehouse says, by funnel, entry day and step."""
    rows = platform.query(
        """select funnel, entry_date, step, entered_users, reached_users, open_users, conversion_rate, drop_off_rate,
        mean_seconds_from_previous, median_seconds_from_previous from metrics.funnel"""
    )
    return {row[:3]: row[3:] for row in rows}


def assert_same(ours: dict[Key, tuple[Any, ...]], theirs: dict[Key, tuple[Any, ...]]) -> None:
    assert ours.keys() == theirs.keys()
    wrong = {key: (ours[key], theirs[key]) for key in ours if ours[key] != pytest.approx(theirs[key])}
    assert not wrong


def furthest(
    events: list[tuple[datetime, str]], entry: int, steps: tuple[str, ...], window: int
) -> tuple[datetime, ...]:
    """When an entry reaches each step: of all orders of the user's other events the furthest, then the earliest."""
    start = events[entry][0]
    others = [
        event
        for number, event in enumerate(events)
        if number != entry and start <= event[0] <= start + timedelta(seconds=window)
    ]
    found: list[tuple[datetime, ...]] = [(start,)]
    for size in range(1, len(steps)):
        for order in permutations(others, size):
            times = (start, *(at for at, _ in order))
            if list(times) == sorted(times) and all(
                letter in step for (_, letter), step in zip(order, steps[1:], strict=False)
            ):
                found.append(times)
    return min(found, key=lambda times: (-len(times), times))


def tried(happenings: Iterable[Happening], funnels: Funnels, zone: str = "UTC") -> dict[Key, tuple[Any, ...]]:
    """The same as :func:`counted`, by definition."""

    def day(moment: datetime) -> date:
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()

    by_user: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    days = {day(at) for _, _, at in happenings}
    for user, letter, at in happenings:
        if letter.isupper():
            by_user[user].append((at, letter))
    rows = {}
    for name, (window, steps) in funnels.items():
        users: dict[date, list[tuple[tuple[datetime, ...], bool]]] = defaultdict(list)
        for events in by_user.values():
            entries: dict[date, list[int]] = defaultdict(list)
            for number, (at, letter) in enumerate(events):
                if letter in steps[0]:
                    entries[day(at)].append(number)
            for entry_date, numbers in entries.items():
                ways = [furthest(events, number, steps, window) for number in numbers]
                ends = max(events[number][0] for number in numbers) + timedelta(seconds=window)
                best = min(ways, key=lambda times: (-len(times), times))
                users[entry_date].append((best, day(ends) > max(days)))
        for entry_date, walks in users.items():
            for step in range(1, len(steps) + 1):
                rows[name, entry_date, step] = _figures(walks, step)
    return rows


def _figures(walks: list[tuple[tuple[datetime, ...], bool]], step: int) -> tuple[Any, ...]:
    reached = [times for times, _ in walks if len(times) >= step]
    waiting = sum(is_open and len(times) < step for times, is_open in walks)
    decided = len(reached) + sum(not is_open and len(times) == step - 1 for times, is_open in walks)
    seconds = [(times[step - 1] - times[step - 2]).total_seconds() for times in reached] if step > 1 else []
    return (
        len(walks),
        len(reached),
        waiting,
        len(reached) / (len(walks) - waiting) if waiting < len(walks) else None,
        (decided - len(reached)) / decided if decided else None,
        fmean(seconds) if seconds else None,
        median(seconds) if seconds else None,
    )
