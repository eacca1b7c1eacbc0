"""How far visits get: by table, and from run to run."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from user_activity_tests.laws.histories import encode
from user_activity_tests.platform import Platform

pytestmark = pytest.mark.long

START = datetime(2025, 1, 10, 23)
LANDED = date(2025, 1, 12)
COLUMNS = ("viewed_at", "carted_at", "checked_out_at", "purchased_at")
Happening = tuple[str, int]  # event type, minutes after the start

#: What happened in a visit, in minutes; when it viewed, put in the cart, checked out and bought; and how far it got.
CASES: dict[str, tuple[list[Happening], tuple[int | None, ...], str]] = {
    "a page that is viewed": ([("page_view", 0)], (0, None, None, None), "view"),
    "a product that is viewed": ([("login", 0), ("product_view", 5)], (5, None, None, None), "view"),
    "a cart": ([("page_view", 0), ("add_to_cart", 5), ("add_to_cart", 7)], (0, 5, None, None), "cart"),
    "a checkout without a cart": ([("page_view", 0), ("checkout", 5)], (0, None, 5, None), "checkout"),
    "a purchase over midnight": (
        [("page_view", 50), ("add_to_cart", 55), ("checkout", 65), ("purchase", 70)],
        (50, 55, 65, 70),
        "purchase",
    ),
    "a purchase before the cart": (
        [("page_view", 0), ("purchase", 5), ("add_to_cart", 7)],
        (0, 7, None, 5),
        "purchase",
    ),
    "all at one time": ([("purchase", 0), ("add_to_cart", 0), ("page_view", 0)], (0, 0, None, 0), "purchase"),
    "a cart before the view": (
        [("add_to_cart", 0), ("page_view", 5), ("checkout", 9)],
        (5, None, 9, None),
        "checkout",
    ),
    "a second purchase after the view": (
        [("purchase", 0), ("page_view", 5), ("purchase", 9)],
        (5, None, None, 9),
        "purchase",
    ),
}


def records(user: str, happenings: list[Happening], **more: str) -> tuple[dict[str, str], ...]:
    return tuple(
        {
            "event_id": f"{user}{number}",
            "user_id": user,
            "event_type": event_type,
            "event_at": (START + timedelta(minutes=minutes)).isoformat(),
            "country": "SE",
            **more,
        }
        for number, (event_type, minutes) in enumerate(happenings)
    )


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """All cases in one run, a user each; and visits that are none."""
    platform = Platform(tmp_path_factory.mktemp("visits"), start_date=date(2025, 1, 1))
    events = tuple(record for name, (happenings, *_) in CASES.items() for record in records(name, happenings))
    events += records("no view", [("add_to_cart", 0), ("purchase", 5)])
    events += records("bot", [("page_view", 0), ("purchase", 5)], user_agent="Googlebot/2.1")
    events += records("bought first", [("purchase", 0), ("page_view", 5)])
    platform.drop("events", LANDED, "events.jsonl", encode(events, "events.jsonl"))
    platform.run()
    return platform


@pytest.mark.parametrize("name", CASES)
def test_of_a_visit_with(visits: Platform, name: str) -> None:
    _, minutes, furthest_step = CASES[name]
    times = [None if passed is None else START + timedelta(minutes=passed) for passed in minutes]
    seconds = [None if passed is None else 60 * (passed - (minutes[0] or 0)) for passed in minutes[1:]]
    assert visits.query(
        f"select {', '.join(COLUMNS)}, seconds_to_cart, seconds_to_checkout, seconds_to_purchase, furthest_step, "
        f"session_date, country, channel from marts.fct_conversions where user_id = '{name}'"
    ) == [(*times, *seconds, furthest_step, START.date(), "SE", "Direct")]


def test_visits_without_a_view_and_of_bots_are_left_out(visits: Platform) -> None:
    assert {row[0] for row in visits.query("select user_id from marts.fct_conversions")} == {*CASES, "bought first"}


def test_a_visit_converts_where_its_session_does(visits: Platform) -> None:
    assert not visits.query(
        "select 1 from marts.fct_conversions as c inner join marts.fct_sessions as s using (session_key) "
        "where c.is_converted <> s.is_converted"
    )
    assert visits.query(
        "select furthest_step, is_converted from marts.fct_conversions where user_id = 'bought first'"
    ) == [("view", True)]


def test_late_and_corrected_events_change_how_far_a_visit_got(tmp_path: Path) -> None:
    platform = Platform(tmp_path, start_date=date(2025, 1, 1))
    ann, bob = records("ann", [("page_view", 0), ("checkout", 70)]), records("bob", [("page_view", 0), ("share", 1)])

    def landed(day: int, *events: dict[str, str]) -> list[tuple[str, str]]:
        platform.drop("events", LANDED + timedelta(days=day), "events.jsonl", encode(events, "events.jsonl"))
        platform.run()
        return platform.query("select user_id, furthest_step from marts.fct_conversions order by user_id, viewed_at")

    assert landed(0, *ann, *bob) == [("ann", "view"), ("bob", "view")]
    # What lands late joins two visits into one that goes on over midnight; a view that is corrected was none.
    between = records("ann", [("share", 0), ("share", 0), ("add_to_cart", 25), ("share", 50)])[2:]
    assert landed(1, *between, bob[0] | {"event_type": "login"}) == [("ann", "checkout")]
    # Corrected to a day later, and back to a cart only.
    assert landed(2, ann[1] | {"event_at": (START + timedelta(days=1)).isoformat()}) == [("ann", "cart")]
