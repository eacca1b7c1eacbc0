"""What customers are worth, as the Python library lifetimes counts, as of the last day in the data."""

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from user_activity_tests.reference.facts import Facts, Row, frame, mean, records


def customer_value(facts: Facts) -> pd.DataFrame:
    """Each customer's orders in each currency: how recent, how frequent, how much."""
    orders = records(facts.orders)
    if not orders:
        return frame([], ("user_id", "currency"))
    as_of = max([facts.day(order["order_at"]) for order in orders] + facts.event_days)
    bought: dict[tuple[Any, str], list[Row]] = {}
    for order in orders:
        if order["is_sale"] and order["user_id"] is not None:
            bought.setdefault((order["user_id"], order["currency"]), []).append(order)
    returned: dict[tuple[Any, str], list[Row]] = {}
    for order in orders:
        if order["is_return"] and order["is_counted"]:
            returned.setdefault((order["user_id"], order["currency"]), []).append(order)
    rows = [_customer(facts, key, sold, returned.get(key, []), as_of) for key, sold in bought.items()]
    for row in rows:
        peers = [peer for peer in rows if peer["currency"] == row["currency"]]
        for score, name in (
            ("recency_score", "last_order_date"),
            ("frequency_score", "frequency"),
            ("monetary_score", "net_revenue"),
        ):
            no_better = sum(1 for peer in peers if peer[name] <= row[name])
            row[score] = -(-5 * no_better // len(peers))
    return frame(rows, rows[0] if rows else ("user_id", "currency"))


def _customer(facts: Facts, key: tuple[Any, str], orders: list[Row], returned: list[Row], as_of: date) -> Row:
    by_day: dict[date, Decimal] = {}
    for order in orders:
        day = facts.day(order["order_at"])
        by_day[day] = by_day.get(day, Decimal(0)) + order["net_revenue"]
    for order in returned:
        if (day := facts.day(order["order_at"])) in by_day:
            by_day[day] += order["net_revenue"]
    first, last = min(by_day), max(by_day)
    repeats = [value for day, value in by_day.items() if day != first]
    return {
        "user_id": key[0],
        "currency": key[1],
        "user_key": orders[0]["user_key"],
        "as_of_date": as_of,
        "orders": len(orders),
        "gross_revenue": sum(order["gross_revenue"] for order in orders),
        "refund": sum(order["refund"] for order in (*orders, *returned)),
        "net_revenue": sum(order["net_revenue"] for order in (*orders, *returned)),
        "first_order_date": first,
        "last_order_date": last,
        "is_repeat": len(orders) > 1,
        "frequency": len(by_day) - 1,
        "recency_days": (last - first).days,
        "age_days": (as_of - first).days,
        "mean_repeat_value": mean(repeats) or 0.0,
    }
