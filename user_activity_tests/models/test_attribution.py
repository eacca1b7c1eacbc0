"""To which channels an order is attributed, by the sessions of its customer in the 90 days before it."""

from collections import Counter
from datetime import date
from typing import Any

import pytest

from user_activity_tests.laws.histories import Record, encode
from user_activity_tests.models.conftest import Opened
from user_activity_tests.models.shop import order
from user_activity_tests.platform import Platform, differences

pytestmark = pytest.mark.long

EMAIL, ADS, DIRECT = {"utm_medium": "email"}, {"utm_source": "google", "utm_medium": "cpc"}, {}
NOON = "2025-04-10T12:00:00"
Visit = tuple[str, dict[str, str]]

#: Each customer's visits, their order, and its channel by first touch, last touch and last non-direct touch.
CASES: dict[str, tuple[list[Visit], dict[str, Any], tuple[str, str, str]]] = {
    "each model its own": (
        [("2025-03-30T10:00:00", EMAIL), ("2025-04-05T10:00:00", ADS), ("2025-04-10T09:00:00", DIRECT)],
        {}, ("Email", "Direct", "Paid Search"),
    ),
    "only direct": ([("2025-04-01T10:00:00", DIRECT)], {}, ("Direct", "Direct", "Direct")),
    "direct in the source's own words": (
        [("2025-04-01T10:00:00", EMAIL), ("2025-04-02T10:00:00", {"channel": "(direct)"})],
        {}, ("Email", "(direct)", "Email"),
    ),
    "the first day of the window": (
        [("2025-01-10T00:00:00", EMAIL), ("2025-04-10T11:00:00", DIRECT)], {}, ("Email", "Direct", "Email"),
    ),
    "the day before the window": (
        [("2025-01-09T23:59:59", EMAIL), ("2025-04-10T11:00:00", DIRECT)], {}, ("Direct", "Direct", "Direct"),
    ),
    "at the time of the order": ([("2025-04-10T12:00:00", EMAIL)], {}, ("Email", "Email", "Email")),
    "after the order": (
        [("2025-04-01T10:00:00", ADS), ("2025-04-10T12:00:01", EMAIL)], {}, ("Paid Search",) * 3,
    ),
    "not a bot's": ([("2025-04-01T10:00:00", EMAIL | {"user_agent": "Googlebot/2.1"})], {}, ("Unassigned",) * 3),
    "no visit": ([], {}, ("Unassigned",) * 3),
    "no visit, but a channel of its own": ([], {"channel": "Radio"}, ("Radio",) * 3),
    "a visit, and a channel of its own": ([("2025-04-01T10:00:00", EMAIL)], {"channel": "Radio"}, ("Email",) * 3),
    "a guest": ([("2025-04-01T10:00:00", EMAIL)], {"user_id": None}, ("Unassigned",) * 3),
    "on another day": ([("2025-04-11T10:00:00", EMAIL)], {"order_at": "2025-04-12T12:00:00Z"}, ("Email",) * 3),
}  # fmt: skip
#: What the first versions of some visits said: another channel, another day, another customer.
WRONG: dict[str, Record] = {
    "each model its own 0": ADS,
    "the first day of the window 0": {"event_at": "2025-01-09T10:00:00Z"},
    "the day before the window 0": {"event_at": "2025-02-09T10:00:00Z"},
    "only direct 0": {"user_id": "no visit"},
}


def visits() -> tuple[Record, ...]:
    return tuple(
        {"event_id": f"{name} {number}", "user_id": name, "event_type": "page_view", "event_at": f"{at}Z"} | source
        for name, (sessions, *_) in CASES.items()
        for number, (at, source) in enumerate(sessions)
    )


def orders() -> tuple[Record, ...]:
    return tuple(
        order(name, name, "2025-04-10", ("tea", 1, "10.00")) | fields for name, (_, fields, _) in CASES.items()
    )


def drop(platform: Platform, day: int, source: str, records: tuple[Record, ...]) -> None:
    platform.drop(source, date(2025, 5, day), f"{day}.jsonl", encode(records, f"{day}.jsonl"))


@pytest.fixture(scope="module")
def at_once(opened: Opened) -> Platform:
    platform = opened(start_date=date(2025, 1, 1))
    drop(platform, 1, "events", visits())
    drop(platform, 1, "orders", orders())
    platform.run()
    return platform


def test_an_order_is_attributed_to_the_sessions_before_it(at_once: Platform) -> None:
    columns = "order_id, first_touch_channel, last_touch_channel, last_non_direct_channel"
    found = {name: tuple(channels) for name, *channels in at_once.query(f"select {columns} from marts.fct_orders")}
    assert found == {name: channels for name, (*_, channels) in CASES.items()}
    for place, model in enumerate(("first_touch", "last_touch", "last_non_direct")):
        expected = Counter(channels[place] for *_, channels in CASES.values())
        assert at_once.query(
            "select channel, sum(orders), sum(net_revenue) from metrics.channel_attribution "
            f"where attribution_model = '{model}' group by channel order by channel"
        ) == [(channel, orders, 10 * orders) for channel, orders in sorted(expected.items())]


def test_sessions_that_come_late_change_or_are_withdrawn_attribute_orders_anew(
    opened: Opened, at_once: Platform
) -> None:
    """None of these files rebuilds a day with an order: only what is attributed anew is replaced."""
    early, on_the_day = (
        tuple(visit for visit in visits() if (visit["event_at"] < "2025-04-10") is is_early)
        for is_early in (True, False)
    )
    platform = opened(start_date=date(2025, 1, 1))
    drop(platform, 1, "orders", orders())
    first = (visit | WRONG.get(visit["event_id"], {}) for visit in early[::2])
    drop(platform, 1, "events", (*on_the_day, *first))
    platform.run()
    drop(platform, 2, "events", tuple(visit | {"event_id": f"{visit['event_id']} again"} | ADS for visit in early))
    platform.run()
    unchanged = platform.settings.published_dir / "marts" / "fct_orders" / "2025-04-12.parquet"
    written = unchanged.stat().st_mtime_ns if unchanged.exists() else None  # a server publishes no files
    sent_again = (visit for visit in on_the_day if visit["user_id"] == "on another day")
    drop(platform, 3, "events", (*early, *sent_again))
    platform.run()
    assert written is None or unchanged.stat().st_mtime_ns == written
    platform.withdraw("events", date(2025, 5, 2), "2.jsonl")
    platform.run()
    assert not differences(platform.tables(lineage=False), at_once.tables(lineage=False))
