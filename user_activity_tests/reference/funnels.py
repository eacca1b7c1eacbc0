"""How far people get: every way of ordering a user's events is tried, and the best is kept."""

from bisect import bisect_left
from datetime import date, datetime, timedelta
from functools import cache

import pandas as pd

from user_activity_tests.reference.facts import VIEWS, Facts, Funnel, Row, frame, mean, median, records, seconds, share

Event = tuple[datetime, str]  # when, event type
CONVERSION = ("view", "cart", "checkout", "purchase")


def furthest(events: list[Event], entry: int, funnel: Funnel) -> tuple[datetime, ...]:
    """When the steps were reached that an entry leads to: as many as possible, and these as early as possible.

    ``events`` are the user's in order of time. Each step takes another event, at or after the one before it.
    """
    until = events[entry][0] + timedelta(seconds=funnel.window_seconds)

    @cache
    def best(step: int, at: datetime, used: frozenset[int]) -> tuple[datetime, ...]:
        ways = [()]
        if step < len(funnel.steps):
            for number in range(bisect_left(events, (at, "")), len(events)):
                moment, event_type = events[number]
                if moment > until:
                    break
                if event_type in funnel.steps[step] and number not in used:
                    # Only events of the very same time can be met again.
                    taken = used | {number} if moment == at else frozenset({number})
                    ways.append((moment, *best(step + 1, moment, taken)))
        return min(ways, key=lambda way: (-len(way), way))

    return events[entry][0], *best(1, events[entry][0], frozenset({entry}))


def funnel(facts: Facts) -> pd.DataFrame:
    """For each funnel, entry day and step: who entered, who got there and how fast, and who still may."""
    by_user: dict[str, list[Event]] = {}
    people = facts.people.sort_values(["event_at", "event_type"])
    for user, moment, event_type in zip(people["user_id"], people["event_at"], people["event_type"], strict=True):
        by_user.setdefault(user, []).append((moment, event_type))
    rows: list[Row] = []
    for chosen in facts.funnels:
        for entry_date, users in _entered(facts, chosen, by_user).items():
            rows += _steps(chosen, entry_date, users)
    columns = ("funnel", "entry_date", "step", "event_types", "window_seconds")
    rates = ("conversion_rate", "conversion_rate_from_previous", "drop_off_rate")
    times = ("mean_seconds_from_previous", "median_seconds_from_previous")
    return frame(rows, (*columns, "entered_users", "reached_users", "open_users", *rates, *times))


def _entered(
    facts: Facts, chosen: Funnel, by_user: dict[str, list[Event]]
) -> dict[date, list[tuple[tuple[datetime, ...], bool]]]:
    """By entry day, for each user: when the steps were reached, and whether one of the entries' windows is open."""
    found: dict[date, list[tuple[tuple[datetime, ...], bool]]] = {}
    for events in by_user.values():
        entries: dict[date, list[int]] = {}
        for number, (moment, event_type) in enumerate(events):
            if event_type in chosen.steps[0]:
                entries.setdefault(facts.day(moment), []).append(number)
        for day, numbers in entries.items():
            ways = [furthest(events, number, chosen) for number in numbers]
            latest = events[numbers[-1]][0] + timedelta(seconds=chosen.window_seconds)
            is_open = facts.day(latest) > facts.event_days[1]
            found.setdefault(day, []).append((min(ways, key=lambda way: (-len(way), way)), is_open))
    return found


def _steps(chosen: Funnel, entry_date: date, users: list[tuple[tuple[datetime, ...], bool]]) -> list[Row]:
    rows = []
    for step in range(1, len(chosen.steps) + 1):
        reached = [way for way, _ in users if len(way) >= step]
        still_open = [way for way, is_open in users if len(way) < step and is_open]
        close = sum(1 for way in still_open if len(way) == step - 1)
        before = sum(1 for way, _ in users if len(way) >= step - 1) - close
        times = [seconds(way[step - 2], way[step - 1]) for way in reached] if step > 1 else []
        kept = share(len(reached), before)
        rows.append(
            {
                "funnel": chosen.name,
                "entry_date": entry_date,
                "step": step,
                "event_types": ", ".join(sorted(chosen.steps[step - 1])),
                "window_seconds": chosen.window_seconds,
                "entered_users": len(users),
                "reached_users": len(reached),
                "open_users": len(still_open),
                "conversion_rate": share(len(reached), len(users) - len(still_open)),
                "conversion_rate_from_previous": kept,
                "drop_off_rate": None if kept is None else 1 - kept,
                "mean_seconds_from_previous": mean(times),
                "median_seconds_from_previous": median(times),
            }
        )
    return rows


def fct_conversions(facts: Facts) -> pd.DataFrame:
    """Each session, not of bots, with a view: when it was first viewed, put in the cart, checked out and bought."""
    rows: list[Row] = []
    events = facts.people.sort_values("event_at")
    happened = {
        key: list(zip(group["event_at"], group["event_type"], strict=True))
        for key, group in events.groupby("session_key", sort=False)
    }
    for session in records(facts.sessions):
        in_session: list[Event] = [] if session["is_bot"] else happened.get(session["session_key"], [])
        viewed = next((moment for moment, event_type in in_session if event_type in VIEWS), None)
        if viewed is None:
            continue
        times = {
            name: next((moment for moment, kind in in_session if kind == event_type and moment >= viewed), None)
            for name, event_type in (("cart", "add_to_cart"), ("checkout", "checkout"), ("purchase", "purchase"))
        }
        rows.append(
            {
                **{name: session[name] for name in ("session_key", "user_key", "user_id", "session_date")},
                **{name: session[name] for name in ("channel", "device", "country")},
                "viewed_at": viewed,
                "carted_at": times["cart"],
                "checked_out_at": times["checkout"],
                "purchased_at": times["purchase"],
                "furthest_step": [step for step in CONVERSION if step == "view" or times[step]][-1],
                **{
                    f"seconds_to_{name}": None if moment is None else seconds(viewed, moment)
                    for name, moment in times.items()
                },
                # Of the whole session: also where the purchase came before the view.
                "is_converted": session["is_converted"],
            }
        )
    columns = ("session_key", "user_key", "user_id", "session_date", "channel", "device", "country", "viewed_at")
    times = ("carted_at", "checked_out_at", "purchased_at", "furthest_step")
    return frame(
        rows, (*columns, *times, "seconds_to_cart", "seconds_to_checkout", "seconds_to_purchase", "is_converted")
    )
