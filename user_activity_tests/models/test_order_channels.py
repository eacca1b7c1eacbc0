"""Which session led to an order, and so through which channel it came."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from user_activity_tests.laws.histories import Record, encode
from user_activity_tests.models.conftest import Opened
from user_activity_tests.models.shop import order
from user_activity_tests.platform import Platform, differences

pytestmark = pytest.mark.long

START = date(2025, 1, 1)
EMAIL, ADS = {"utm_medium": "email"}, {"utm_source": "google", "utm_medium": "cpc"}


def event(at: str, event_type: str = "page_view", **fields: Any) -> Record:
    return {"event_type": event_type, "event_at": at} | fields


#: Events, when the order was placed and what it names, and its channel.
CASES: dict[str, tuple[list[Record], str, dict[str, str], str]] = {
    "the session's first event says the channel": (
        [event("2025-01-10T10:00", **EMAIL), event("2025-01-10T10:05", "purchase", order_id="order")],
        "2025-01-10T10:06", {}, "Email",
    ),
    "at the same time": (
        [event("2025-01-10T10:00", **EMAIL), event("2025-01-10T10:05", "purchase", order_id="order")],
        "2025-01-10T10:05", {}, "Email",
    ),
    "by the session id": (
        [event("2025-01-10T10:00", session_id="s", **ADS), event("2025-01-10T11:00", session_id="s")],
        "2025-01-10T11:10", {"session_id": "s"}, "Paid Search",
    ),
    "its own channel comes first": (
        [event("2025-01-10T10:00", session_id="s", **EMAIL)],
        "2025-01-10T10:06", {"session_id": "s", "channel": "Radio"}, "Radio",
    ),
    "just after midnight, with its event before": (
        [event("2025-01-10T23:50", **EMAIL), event("2025-01-10T23:58", "purchase", order_id="order")],
        "2025-01-11T00:01", {}, "Email",
    ),
    "just after midnight, in a session that began before": (
        [event("2025-01-20T23:50", **EMAIL), event("2025-01-21T00:05", "purchase", order_id="order")],
        "2025-01-21T00:06", {}, "Email",
    ),
    "just after midnight, by the session id": (
        [event("2025-01-10T23:50", session_id="s", **EMAIL)],
        "2025-01-11T00:06", {"session_id": "s"}, "Email",
    ),
    "after midnight of UTC alone": (
        [event("2025-01-10T18:50", session_id="s", **EMAIL)],
        "2025-01-10T19:06", {"session_id": "s"}, "Email",
    ),
    "a day later, to the second": (
        [event("2025-01-10T10:00", session_id="s", **EMAIL)],
        "2025-01-11T10:00", {"session_id": "s"}, "Email",
    ),
    "more than a day later": (
        [event("2025-01-10T10:00", session_id="s", **EMAIL)],
        "2025-01-11T10:01", {"session_id": "s"}, "Unassigned",
    ),
    "a session that begins after it": (
        [event("2025-01-10T10:00", session_id="s", **EMAIL)],
        "2025-01-10T09:59", {"session_id": "s"}, "Unassigned",
    ),
    "the latest of two sessions": (
        [
            event("2025-01-10T08:00", **EMAIL),
            event("2025-01-10T08:05", "checkout", order_id="order"),
            event("2025-01-10T10:00", **ADS),
            event("2025-01-10T10:05", "purchase", order_id="order"),
        ],
        "2025-01-10T10:06", {}, "Paid Search",
    ),
    "not a bot's": (
        [event("2025-01-10T10:00", session_id="s", user_agent="Googlebot/2.1", **EMAIL)],
        "2025-01-10T10:06", {"session_id": "s"}, "Unassigned",
    ),
    "events that do not name it": (
        [event("2025-01-10T10:00", session_id="t", **EMAIL)], "2025-01-10T10:06", {"session_id": "s"}, "Unassigned",
    ),
}  # fmt: skip


def events_of(offset: str = "Z") -> tuple[Record, ...]:
    return tuple(
        record
        | {"event_id": f"{name} {number}", "user_id": name, "event_at": record["event_at"] + offset}
        | ({"order_id": name} if "order_id" in record else {})
        for name, (records, *_) in CASES.items()
        for number, record in enumerate(records)
    )


def orders_of(offset: str = "Z") -> tuple[Record, ...]:
    """Orders of 10, of which 4 are paid back a month later."""
    return tuple(
        order(name, name, "2025-01-10", ("tea", 1, "10"), refund=4, refunded_at="2025-02-10T12:00:00Z")
        | {"order_at": placed + offset}
        | named
        for name, (_, placed, named, _) in CASES.items()
    )


def drop(platform: Platform, day: int, source: str, records: tuple[Record, ...]) -> None:
    platform.drop(source, date(2025, 3, day), f"{day}.jsonl", encode(records, f"{day}.jsonl"))


def assert_channels_are_expected(platform: Platform) -> None:
    assert dict(platform.query("select order_id, channel from marts.fct_orders")) == {
        name: channel for name, (*_, channel) in CASES.items()
    }


@pytest.fixture(scope="module")
def at_once(opened: Opened) -> dict[str, list[tuple[Any, ...]]]:
    """All tables of a shop to which everything came on one day."""
    platform = opened(start_date=START)
    drop(platform, 1, "events", events_of())
    drop(platform, 1, "orders", orders_of())
    platform.run()
    assert_channels_are_expected(platform)
    assert platform.query("select count(*) from marts.fct_orders where session_key is null") == [
        (sum(1 for *_, channel in CASES.values() if channel == "Unassigned"),)
    ]
    return platform.tables(lineage=False)


@pytest.mark.long
def test_midnight_is_that_of_the_reporting_time_zone(tmp_path: Path) -> None:
    platform = Platform(tmp_path, start_date=START, timezone="America/New_York")
    drop(platform, 1, "events", events_of("-05:00"))
    drop(platform, 1, "orders", orders_of("-05:00"))
    platform.run()
    assert_channels_are_expected(platform)


def test_an_order_that_came_before_its_session_gets_its_channel(
    opened: Opened, at_once: dict[str, list[tuple[Any, ...]]]
) -> None:
    platform = opened(start_date=START)
    drop(platform, 1, "orders", orders_of())
    platform.run()
    # The later events of a session first: what leads to an order comes with its beginning.
    for day, is_first in ((2, False), (3, True)):
        drop(platform, day, "events", tuple(e for e in events_of() if (e["event_id"][-2:] == " 0") == is_first))
        platform.run()
    assert not differences(platform.tables(lineage=False), at_once)
