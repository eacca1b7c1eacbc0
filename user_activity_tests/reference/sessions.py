"""Sessions, walked through event by event, and what they sum up to."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from user_activity_tests.reference.facts import Facts, Row, frame, mean, records, seconds, share

LONGEST = timedelta(hours=24)


def fct_sessions(facts: Facts) -> pd.DataFrame:
    """Visits: of one session id as long as they last 24 hours, without one as long as no gap is too wide."""
    rows = [_session(facts, events) for events in visits(facts)]
    return frame(rows, rows[0] if rows else ["user_id", "session_id", "started_at", "is_bot"])


def visits(facts: Facts) -> Iterator[list[Row]]:
    """The events of each session, in order of time; those of bots are apart."""
    timeout = timedelta(minutes=facts.settings.session_timeout_minutes)
    events = facts.events.sort_values(["event_at", "event_key"])
    for (_, session_id, _), group in events.groupby(["user_id", "session_id", "is_bot"], sort=False, dropna=False):
        longest_gap = timeout if pd.isna(session_id) else LONGEST
        current: list[Row] = []
        for event in records(group):
            if current and (
                event["event_at"] - current[-1]["event_at"] > longest_gap
                or event["event_at"] - current[0]["event_at"] > LONGEST
            ):
                yield current
                current = []
            current.append(event)
        yield current


def _session(facts: Facts, events: list[Row]) -> Row:
    first, last = events[0], events[-1]
    types = [event["event_type"] for event in events]
    viewed = {event["product_id"] for event in events if event["event_type"] == "product_view"}
    pages = _known(events, "page_url")
    bought = revenue_of(facts, events)
    currency = next(iter(bought)) if len(bought) == 1 else None
    return {
        "user_id": first["user_id"],
        "session_id": first["session_id"],
        "started_at": first["event_at"],
        "user_key": first["user_key"],
        "session_date": facts.day(first["event_at"]),
        "ended_at": last["event_at"],
        "landing_page": pages[0] if pages else None,
        "exit_page": pages[-1] if pages else None,
        "channel": first["channel"],
        "device": next(iter(_known(events, "device")), None),
        "country": next(iter(_known(events, "country")), None),
        "currency": currency,
        "revenue": bought.get(currency),
        "duration_seconds": seconds(first["event_at"], last["event_at"]),
        "event_count": len(events),
        "page_view_count": types.count("page_view"),
        "purchase_count": types.count("purchase"),
        "viewed_product_count": len(viewed - {None}),
        "is_bounce": types.count("page_view") == 1,
        "is_converted": "purchase" in types,
        "is_bot": first["is_bot"],
    }


def _known(events: list[Row], name: str) -> list[Any]:
    return [event[name] for event in events if event[name] is not None]


def revenue_of(facts: Facts, events: list[Row]) -> dict[str, Decimal]:
    """What purchase events name, by currency."""
    revenue: dict[str, Decimal] = {}
    for event in events:
        if event["event_type"] == "purchase" and event["revenue"] is not None:
            currency = event["currency"] or facts.settings.default_currency
            revenue[currency] = revenue.get(currency, Decimal(0)) + event["revenue"]
    return revenue


def session_summary(facts: Facts) -> pd.DataFrame:
    """Sessions, their conversion and revenue, by day, channel, device and currency."""
    groups: dict[tuple[Any, ...], list[tuple[Row, list[Row]]]] = {}
    for events in visits(facts):
        session = _session(facts, events)
        group = (session["session_date"], session["channel"], session["device"] or "unknown")
        groups.setdefault(group, []).append((session, events))
    rows: list[Row] = []
    default = facts.settings.default_currency
    for (day, channel, device), of_group in groups.items():
        people = [(session, events) for session, events in of_group if not session["is_bot"]]
        revenue = revenue_of(facts, [event for _, events in people for event in events])
        carrying = default if default in revenue or not revenue else min(revenue)
        for currency in revenue or [default]:
            sessions = [session for session, _ in people] if currency == carrying else []
            rows.append(
                {
                    "session_date": day,
                    "channel": channel,
                    "device": device,
                    "currency": currency,
                    "sessions": len(sessions),
                    "bot_sessions": len(of_group) - len(people) if currency == carrying else 0,
                    "converted_sessions": sum(1 for session in sessions if session["is_converted"]),
                    "conversion_rate": mean([session["is_converted"] for session in sessions]),
                    "bounces": sum(1 for session in sessions if session["is_bounce"]),
                    "bounce_rate": mean([session["is_bounce"] for session in sessions]),
                    "events": sum(session["event_count"] for session in sessions),
                    "page_views": sum(session["page_view_count"] for session in sessions),
                    "mean_session_seconds": mean([session["duration_seconds"] for session in sessions]),
                    "purchases": sum(session["purchase_count"] for session in sessions),
                    "revenue": revenue.get(currency, 0),
                    "revenue_per_session": share(revenue.get(currency, 0), len(people)),
                }
            )
    return frame(rows, rows[0] if rows else ("session_date", "channel", "device", "currency"))
