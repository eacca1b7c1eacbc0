"""The simulated shop behaves like one."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

from user_activity.simulate import simulate
from user_activity_tests.simulate.conftest import DAYS, START, Season, moment, read_back

FUNNEL = ("product_view", "add_to_cart", "checkout", "purchase")


def _orders(season: Season) -> dict[str, list[dict[str, Any]]]:
    """The records of each order, without exact repeats, in the order of their updates."""
    orders: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in season.records("orders"):
        if record not in orders[record["order_id"]]:
            orders[record["order_id"]].append(record)
    return {order_id: sorted(records, key=lambda r: r["updated_at"]) for order_id, records in orders.items()}


def _sessions(season: Season) -> dict[str, list[dict[str, Any]]]:
    """The events of each session that has an id, each event once."""
    events = {record["event_id"]: record for record in season.records("events") if "event_id" in record}
    sessions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in events.values():
        if "session_id" in record:
            sessions[record["session_id"]].append(record)
    for records in sessions.values():
        records.sort(key=lambda r: moment(r["event_at"]))
    return sessions


def test_a_session_belongs_to_one_user_and_pauses_shortly(clean_season: Season) -> None:
    for records in _sessions(clean_season).values():
        assert len({record["user_id"] for record in records}) == 1
        times = [moment(record["event_at"]) for record in records]
        assert all(later - earlier < timedelta(minutes=60) for earlier, later in pairwise(times))


def test_fewer_sessions_reach_each_step(clean_season: Season) -> None:
    sessions = _sessions(clean_season).values()
    reached = [sum(any(r["event_type"] == step for r in records) for records in sessions) for step in FUNNEL]
    assert reached == sorted(reached, reverse=True)
    assert 0.05 < reached[-1] / len(sessions) < 0.2


def test_some_sessions_cross_midnight(clean_season: Season) -> None:
    crossing = [
        records
        for records in _sessions(clean_season).values()
        if moment(records[0]["event_at"]).date() != moment(records[-1]["event_at"]).date()
    ]
    assert crossing


def test_no_event_lies_outside_the_days(clean_season: Season) -> None:
    days = [moment(record["event_at"]).date() for record in clean_season.records("events")]
    assert (min(days), max(days)) == (START, START + timedelta(days=DAYS - 1))


def test_a_purchase_is_an_order_of_the_same_amount(clean_season: Season) -> None:
    orders = _orders(clean_season)
    purchases = [record for record in clean_season.records("events") if record["event_type"] == "purchase"]
    assert len(purchases) > 100
    for purchase in purchases:
        order = orders[purchase["order_id"]][0]
        assert float(order["revenue"]) == float(purchase["revenue"])
        assert order["user_id"] == purchase["user_id"]
        assert order.get("session_id") == purchase.get("session_id")
        assert order["currency"] == purchase["currency"]
        assert sum(item["quantity"] for item in order["items"]) == int(purchase["quantity"])


def test_items_cost_what_the_catalogue_says(clean_season: Season) -> None:
    prices: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for record in clean_season.records("products"):
        prices[record["product_id"]].append((moment(record["updated_at"]), record["price"]))
    checked = 0
    for first, *_ in _orders(clean_season).values():
        assert float(first["revenue"]) == round(sum(i["quantity"] * i["unit_price"] for i in first["items"]), 2)
        if first["currency"] != "USD":
            continue
        for item in first["items"]:
            known = [price for since, price in sorted(prices[item["product_id"]]) if since <= moment(first["order_at"])]
            assert item["unit_price"] == known[-1]
            checked += 1
    assert checked > 50


def test_prices_change_and_products_arrive(clean_season: Season) -> None:
    prices: dict[str, set[float]] = defaultdict(set)
    first_seen: dict[str, str] = {}
    for record in clean_season.records("products"):
        prices[record["product_id"]].add(record["price"])
        first_seen[record["product_id"]] = min(record["updated_at"], first_seen.get(record["product_id"], "9"))
    assert any(len(known) > 1 for known in prices.values())
    assert len(set(first_seen.values())) > 2


def test_refunds_and_cancellations_come_as_corrections(clean_season: Season) -> None:
    corrected = {order_id: records for order_id, records in _orders(clean_season).items() if len(records) > 1}
    statuses = {records[-1]["status"] for records in corrected.values()}
    assert statuses == {"cancelled", "refunded", "partially_refunded"}
    for placed, correction in corrected.values():
        assert placed["status"] == "completed"
        assert "refund" not in placed
        assert placed["order_at"] == correction["order_at"]
        if correction["status"] != "cancelled":
            assert 0 < correction["refund"] <= round(correction["revenue"] - correction["discount"], 2)
            assert correction["refunded_at"] == correction["updated_at"]
            assert moment(correction["refunded_at"]) - moment(placed["order_at"]) >= timedelta(days=1)


def test_several_currencies_occur(clean_season: Season) -> None:
    assert {"USD", "EUR", "GBP", "CAD"} == {record["currency"] for record in clean_season.records("orders")}


def test_profiles_change_one_attribute_at_a_time(clean_season: Season) -> None:
    versions: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for record in clean_season.records("users"):
        versions[record["user_id"]][record["updated_at"]] = record
    changed = [[known[at] for at in sorted(known)] for known in versions.values() if len(known) > 1]
    assert len(changed) > 50
    for known in changed:
        for before, after in pairwise(known):
            different = {name for name in before if name != "updated_at" and before[name] != after[name]}
            assert len(different) == 1
            assert different <= {"plan", "country", "email", "device"}


def test_everyone_but_robots_has_a_profile_from_the_first_event_on(clean_season: Season) -> None:
    known = {record["user_id"]: moment(record["signed_up_at"]) for record in clean_season.records("users")}
    signups = {
        r["user_id"]: moment(r["event_at"]) for r in clean_season.records("events") if r["event_type"] == "signup"
    }
    assert len(signups) > 300
    assert all(known[user] == at for user, at in signups.items())
    strangers = [record for record in clean_season.records("events") if record["user_id"] not in known]
    assert strangers
    assert not any("Version/" in record["user_agent"] or "Edg/" in record["user_agent"] for record in strangers)


def test_users_come_back_less_and_less(clean_season: Season) -> None:
    active: dict[str, set[date]] = defaultdict(set)
    joined: dict[str, date] = {}
    for record in clean_season.records("events"):
        day = moment(record["event_at"]).date()
        active[record["user_id"]].add(day)
        if record["event_type"] == "signup":
            joined[record["user_id"]] = day
    cohort = {user: day for user, day in joined.items() if day < START + timedelta(days=DAYS - 29)}

    def retained(first: int, last: int) -> float:
        return mean(any(first <= (day - since).days <= last for day in active[user]) for user, since in cohort.items())

    assert 0.7 > retained(1, 7) > retained(15, 21) > 0.02


def test_reviews_follow_their_orders(clean_season: Season) -> None:
    orders = _orders(clean_season)
    assert len(clean_season.records("reviews")) > 50
    for review in clean_season.records("reviews"):
        order = orders[review["order_id"]][0]
        assert review["user_id"] == order["user_id"]
        assert review["product_id"] in {item["product_id"] for item in order["items"]}
        assert 1 <= int(review["rating"]) <= 5
        assert moment(review["review_at"]) - moment(order["order_at"]) >= timedelta(days=3)


def test_some_records_are_months_late(clean_season: Season) -> None:
    lateness = [
        (entry.landing - moment(entry.record["event_at"]).date()).days
        for entry in clean_season.landed
        if entry.source == "events" and entry.record is not None
    ]
    assert max(lateness) > 28
    assert min(lateness) == 0


def test_the_week_the_year_and_growth_show(tmp_path: Path) -> None:
    summary = simulate(tmp_path, days=364, events=60_000, messy=0)
    days: dict[date, int] = defaultdict(int)
    for entry in read_back(tmp_path):
        if entry.source == "events" and entry.record is not None:
            days[moment(entry.record["event_at"]).date()] += 1
    assert len(days) == 364
    assert min(days.values()) > 0.5 * mean(days.values())
    weekday = [mean(n for day, n in days.items() if day.weekday() == wanted) for wanted in range(7)]
    assert max(weekday) == max(weekday[:5])
    assert min(weekday) == weekday[5]
    months = [mean(n for day, n in days.items() if day.month == month) for month in (1, 12)]
    assert months[1] > 1.2 * months[0]
    assert summary.distinct["events"] == 60_000
