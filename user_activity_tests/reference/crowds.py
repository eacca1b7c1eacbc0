"""Crowds: many people who never meet, each with a random little history, in one warehouse; and how the records land.

A run costs seconds, so a warehouse holds a history a person rather than one in all. The times crowd around midnights of
the reporting zone, session gaps, window ends and each other; records come late, twice, and corrected.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from user_activity_tests.laws.histories import File, Record
from user_activity_tests.reference.trade import lines_of, orders_of, reviews_of, versions_of_products

PRODUCTS = tuple(f"p{number}" for number in range(12))
TYPES = ("page_view", "page_view", "product_view", "add_to_cart", "checkout", "purchase", "search", "click", "refund")
MICROSECOND = timedelta(microseconds=1)
STEPS = (
    *(timedelta(0),) * 6,
    MICROSECOND,
    *(timedelta(minutes=minutes) for minutes in (1, 3, 10, 29, 30, 31, 60, 700)),
    timedelta(minutes=5) + MICROSECOND,
    timedelta(minutes=30) + MICROSECOND,
    *(timedelta(hours=hours) for hours in (1, 23, 24, 24, 25)),
    timedelta(days=1) + MICROSECOND,
    *(timedelta(days=days) for days in (2, 6, 7, 7, 8, 14, 30)),
    timedelta(days=7) + MICROSECOND,
)
FUNNELS = """funnel,step,event_type,window_seconds
purchase,1,page_view,604800
purchase,1,product_view,604800
purchase,2,add_to_cart,604800
purchase,3,purchase,604800
again,1,page_view,1800
again,2,page_view,1800
again,3,page_view,1800
overlap,1,page_view,43200
overlap,2,add_to_cart,43200
overlap,2,checkout,43200
overlap,3,add_to_cart,43200
overlap,4,checkout,43200
overlap,4,page_view,43200
at once,1,search,1
at once,2,click,1
at once,2,search,1
alone,1,purchase,300
"""
RATES = """currency,rate_date,rate
EUR,{first},1.083333333333
EUR,{second},1.25
GBP,{second},1.3
USD,{second},0.9
"""


@dataclass(frozen=True)
class Plan:
    """All that a crowd follows from, so that a failing example is found again by what is printed."""

    seed: int
    people: int
    first_day: date
    days: int
    deliveries: int
    timezone: str = "UTC"
    week_start: str = "monday"
    session_timeout_minutes: int = 30
    attribution_window_days: int = 90
    default_currency: str = "USD"
    reporting_currency: str | None = None
    has_own_funnels: bool = False
    has_rates: bool = False
    ends_with_bots: bool = False

    def settings(self, folder: Path) -> dict[str, Any]:
        """The settings of the platform that the crowd lands on; the files that they name are written."""
        chosen: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                "timezone", "week_start", "session_timeout_minutes", "attribution_window_days", "default_currency",
                "reporting_currency",
            )
        }  # fmt: skip
        files = {"funnels_file": FUNNELS} if self.has_own_funnels else {}
        if self.has_rates:
            files["rates_file"] = RATES.format(
                first=self.first_day, second=self.first_day + timedelta(days=max(1, self.days // 2))
            )
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text)
            chosen[name] = folder / f"{name}.csv"
        return chosen | {"start_date": self.first_day - timedelta(days=15)}  # corrected orders move back


def deliveries(plan: Plan) -> list[list[File]]:
    """The files of each delivery, one after the other. Every delivery lands on a day of its own."""
    rng = random.Random(plan.seed)
    last_day = plan.first_day + timedelta(days=plan.days + 1)
    earlier = sorted(rng.sample(range(plan.days), min(plan.deliveries - 1, plan.days)))
    landings = [*(plan.first_day + timedelta(days=number) for number in earlier), last_day]
    landed: list[dict[str, list[Record]]] = [{} for _ in landings]
    for source, history in _histories(rng, plan):
        number = -1
        for day, record in history:
            # Of two records of one event the later landed stands, of two states of an order the later one does.
            number += source == "events"
            on_time = next(place for place, landing in enumerate(landings) if landing >= day or landing == last_day)
            number = max(number, on_time)
            while number + 1 < len(landings) and rng.random() < 0.2:
                number += 1
            if number < len(landings):
                landed[number].setdefault(source, []).append(record)
                resent = record
        if rng.random() < 0.05:
            landed[-1].setdefault(source, []).append(resent)
    return [
        [File(source, landing, "all.jsonl", tuple(records)) for source, records in by_source.items()]
        for landing, by_source in zip(landings, landed, strict=True)
    ]


def _histories(rng: random.Random, plan: Plan) -> Iterator[tuple[str, list[tuple[date, Record]]]]:
    """Of each record its source and its versions, first to last, each with the day from which it can land."""
    for person in range(plan.people):
        user_id = f"u{person}"
        moments = list(_moments(rng, plan))
        events = [_event(rng, plan, user_id, f"{user_id}-e{number}", at) for number, at in enumerate(moments)]
        for event in events:
            versions = [event]
            if rng.random() < 0.1:
                versions.append(_corrected(rng, plan, event))
            yield "events", [(_day(version["event_at"]), version) for version in versions]
        ended = _utc(datetime.combine(plan.first_day + timedelta(days=plan.days), time()), plan.timezone)
        for order in orders_of(rng, user_id, moments, ended, PRODUCTS):
            yield "orders", [(_day(version["updated_at"]), version) for version in order]
        for line in lines_of(rng, user_id, moments, ended, PRODUCTS):
            yield "order_items", [(_day(version["order_at"]), version) for version in line]
        for review in reviews_of(rng, user_id, moments, PRODUCTS):
            yield "reviews", [(_day(version["review_at"]), version) for version in review]
    for product in versions_of_products(rng, plan.first_day, plan.days, PRODUCTS):
        yield "products", [(_day(product["updated_at"]), product)]
    if plan.ends_with_bots:
        at = _utc(datetime.combine(plan.first_day + timedelta(days=plan.days), time(12)), plan.timezone)
        event = {"event_id": "last", "user_id": "crawler", "event_type": "page_view", "event_at": at.isoformat()}
        yield "events", [(at.date(), event | {"user_agent": "Googlebot/2.1"})]


def _moments(rng: random.Random, plan: Plan) -> Iterator[datetime]:
    """When one person acts, UTC."""
    end = plan.first_day + timedelta(days=plan.days)
    at = _start(rng, plan)
    steps = STEPS if rng.random() < 0.7 else tuple(step for step in STEPS if step < timedelta(hours=1))
    for _ in range(rng.choice((1, 2, 5, 8, 12, 20))):
        if at.date() > end or at.replace(tzinfo=UTC).astimezone(ZoneInfo(plan.timezone)).date() >= end:
            return
        yield at
        at += rng.choice(steps)
        if rng.random() < 0.1:
            at = _start(rng, plan)


def _start(rng: random.Random, plan: Plan) -> datetime:
    day = plan.first_day + timedelta(days=rng.randrange(plan.days))
    clock = rng.choice(
        (time(), time(0, 0, 0, 1), time(0, 15), time(1, 30), time(2, 30), time(12), time(23, 45), time.max)
    )
    return _utc(datetime.combine(day, clock), plan.timezone)


def _utc(local: datetime, timezone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC).replace(tzinfo=None)


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).date()


def _event(rng: random.Random, plan: Plan, user_id: str, event_id: str, at: datetime) -> Record:
    kind = random.Random(f"{plan.seed} {user_id}")  # what does not change about a person
    is_bot, has_sessions, is_picky = kind.random() < 0.08, kind.random() < 0.3, kind.random() < 0.5
    event_type = rng.choice(kind.sample(TYPES, 3) if is_picky else TYPES)
    event = {"event_id": event_id, "user_id": user_id, "event_type": event_type, "event_at": at.isoformat()}
    if is_bot or rng.random() < 0.03:
        event["user_agent"] = "Googlebot/2.1"
    if has_sessions and rng.random() < 0.8:
        event["session_id"] = rng.choice(("s1", "s2"))
    if rng.random() < 0.6:
        event["product_id"] = rng.choice(PRODUCTS)
    if rng.random() < 0.7:
        event["page_url"] = f"https://shop.example/{rng.choice('abc')}"
    if rng.random() < 0.5:
        event["device"] = rng.choice(("mobile", "desktop"))
    if rng.random() < 0.5:
        event["country"] = rng.choice(("SE", "DE"))
    if rng.random() < 0.3:
        event |= {"utm_source": rng.choice(("google", "newsletter")), "utm_medium": rng.choice(("cpc", "email"))}
    if event["event_type"] in ("purchase", "refund") and rng.random() < 0.8:
        event["revenue"] = rng.choice(("12.50", "0", "3.3333"))
        if rng.random() < 0.8:
            event["currency"] = rng.choice(("USD", "USD", "EUR", "GBP"))
    return event


def _corrected(rng: random.Random, plan: Plan, event: Record) -> Record:
    """The event as it was meant: at another time, of another kind or person, or as a bot's."""
    return event | rng.choice(
        (
            {"event_at": _start(rng, plan).isoformat()},
            {"event_type": rng.choice(TYPES)},
            {"user_id": f"u{rng.randrange(plan.people)}"},
            {"user_agent": "Googlebot/2.1"},
        )
    )
