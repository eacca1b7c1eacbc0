"""What programs do changes no figure about people."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from user_activity_tests.laws.histories import Record, encode
from user_activity_tests.models.conftest import Opened
from user_activity_tests.models.shop import order
from user_activity_tests.platform import Platform

pytestmark = pytest.mark.long

START = date(2024, 12, 1)
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def event(user: str, at: str, event_type: str = "page_view", **fields: Any) -> Record:
    return {
        "event_id": f"{user} {at} {event_type} {fields.get('user_agent', '')}",
        "user_id": user,
        "event_type": event_type,
        "event_at": f"{at}:00Z",
    } | fields


def bot(user: str, at: str, event_type: str = "page_view", **fields: Any) -> Record:
    return event(user, at, event_type, user_agent=CRAWLER, **fields)


PEOPLE = (
    event("ann", "2025-01-10T10:00", session_id="s", page_url="https://shop.example/tea", device="mobile"),
    event("ann", "2025-01-10T10:20", "add_to_cart", session_id="s", product_id="tea"),
    event("ann", "2025-01-12T10:00"),
    event("ann", "2025-01-12T10:50"),
    event("bob", "2025-01-11T23:55", "product_view", product_id="tea"),
    event("bob", "2025-01-12T00:05", "purchase", product_id="tea", revenue=8),
    event("cy", "2025-02-04T12:00", "product_view", product_id="cup"),
)
ORDERS = (
    order("o1", "ann", "2025-01-10", ("tea", 2, "10.00"), session_id="s"),
    order("o2", "bob", "2025-01-13", ("cup", 1, "5.00")),
)
#: What would change a figure, were it a person's.
BOTS = (
    bot("ann", "2025-01-10T10:05", "purchase", session_id="s", revenue=50),  # a session converts
    bot("ann", "2025-01-10T09:50", session_id="s", utm_source="news", utm_medium="email", device="tv"),  # its channel
    bot("ann", "2025-01-09T23:50", session_id="s"),  # the day on which it starts
    bot("ann", "2025-01-11T09:00", session_id="s"),  # when it ends
    bot("ann", "2025-01-12T10:25"),  # two visits are one
    bot("ann", "2025-01-12T11:40", "checkout"),  # another visit
    bot("ann", "2025-01-11T12:00", country="DE"),  # a day on which she is active
    bot("bob", "2025-01-13T11:59", "checkout", order_id="o2", utm_source="google", utm_medium="cpc"),  # its visit
    bot("bob", "2025-01-12T00:01", "add_to_cart", product_id="tea", utm_medium="cpc"),  # a step of a funnel
    bot("cy", "2025-02-04T12:01", "purchase", product_id="cup", revenue=3, currency="EUR"),
    bot("crawler", "2025-01-10T12:00", "product_view", product_id="jug"),
    bot("crawler", "2024-12-05T12:00"),  # the first of all days
    bot("crawler", "2025-03-20T12:00"),  # the last of all days: weeks, months and windows would be over
)
#: Rows that are there for bots alone, where a table counts bots.
OF_BOTS_ALONE = {
    "session_summary": "bot_sessions > 0 and sessions = 0 and revenue = 0",
    "product_performance": "bot_events > 0 and views + carts + purchases + orders + units + review_count + refund = 0",
    "daily_volumes": "events + users + sessions + orders = 0 and revenue = 0",
}


def figures(platform: Platform) -> dict[str, list[str]]:
    """Every row of every metric, without what is about bots; of the platform's own volumes, what people did."""
    found = {}
    for name, columns in platform.columns().items():
        schema, table = name.split(".")
        if schema == "metrics":
            wanted = [column for column in columns if not column.startswith("bot_")]
            if table == "daily_volumes":
                wanted = ["metric_date", "events", "users", "sessions", "orders", "revenue"]
            rows = platform.query(
                f"select {', '.join(wanted)} from {name} where not ({OF_BOTS_ALONE.get(table, '1 = 0')})"
            )
            found[table] = sorted(map(repr, rows))
    return found


def drop(platform: Platform, day: int, source: str, records: tuple[Record, ...]) -> None:
    platform.drop(source, date(2025, 4, day), f"{day}.jsonl", encode(records, f"{day}.jsonl"))


@pytest.fixture(scope="module")
def visited(opened: Opened) -> tuple[Platform, dict[str, list[str]]]:
    """A shop that bots came to, and its figures before they came."""
    platform = opened(start_date=START)
    drop(platform, 1, "events", PEOPLE)
    drop(platform, 1, "orders", ORDERS)
    platform.run()
    before = figures(platform)
    drop(platform, 2, "events", BOTS)
    platform.run()
    return platform, before


def test_no_figure_changes(visited: tuple[Platform, dict[str, list[str]]]) -> None:
    platform, before = visited
    after = figures(platform)
    assert len(after) >= 12
    for table, rows in before.items():
        assert after[table] == rows, table


def test_bots_are_counted_where_tables_count_them(visited: tuple[Platform, dict[str, list[str]]]) -> None:
    platform, _ = visited
    assert platform.query("select sum(bot_events) from metrics.daily_volumes") == [(len(BOTS),)]
    assert platform.query("select sum(bot_sessions) from metrics.session_summary") == platform.query(
        "select count(*) from marts.fct_sessions where is_bot"
    )
    assert platform.query("select count(*) from marts.fct_events where is_bot") == [(len(BOTS),)]


def test_a_session_is_that_of_the_person(visited: tuple[Platform, dict[str, list[str]]]) -> None:
    platform, _ = visited
    columns = "started_at, ended_at, event_count, purchase_count, channel, device, is_converted"
    assert platform.query(f"select {columns} from marts.fct_sessions where session_id = 's' and not is_bot") == [
        (datetime(2025, 1, 10, 10), datetime(2025, 1, 10, 10, 20), 2, 0, "Direct", "mobile", False)
    ]
    assert platform.query(
        "select event_count, purchase_count, revenue from marts.fct_sessions "
        "where session_id = 's' and is_bot and session_date = '2025-01-09'"
    ) == [(3, 1, Decimal(50))]


def test_bots_alone_make_no_figures(opened: Opened) -> None:
    platform = opened(start_date=START)
    drop(platform, 1, "events", BOTS)
    platform.run()
    found = figures(platform)
    assert {table: rows for table, rows in found.items() if rows} == {}
