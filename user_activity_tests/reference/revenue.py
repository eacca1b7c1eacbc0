"""Amounts as they are booked: sales on the day of the order, refunds on the day of the refund."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from user_activity_tests.reference.facts import Facts, Row, frame, records, share

AMOUNTS = ("gross_revenue", "discount", "refund", "net_revenue")
BOOKED = ("orders", "units", "returned_units", *AMOUNTS)
REPORTED = ("reporting_currency", "net_revenue_reporting")
Sums = dict[tuple[Any, ...], Row]


def booked(facts: Facts, key: Callable[[Row, date], tuple[Any, ...]]) -> Sums:
    """What sales and refunds of order lines come to, by a key of the line and the day of the booking."""
    sums: Sums = {}

    def at(line: Row, day: date) -> Row:
        empty = dict.fromkeys(("units", "returned_units", *AMOUNTS), Decimal(0))
        return sums.setdefault(key(line, day), {"order_keys": set(), **empty})

    for line in sales(facts):
        sold = at(line, line["order_date"])
        sold["order_keys"].add(line["order_key"])
        sold["units"] += line["quantity"]
        sold["gross_revenue"] += line["gross_revenue"]
        sold["discount"] += line["discount"]
    for refund in records(facts.refunds):
        if refund["is_counted"]:
            given_back = at(refund, refund["refund_date"])
            given_back["refund"] += refund["refund"]
            given_back["returned_units"] += refund["returned_quantity"]
    for total in sums.values():
        total["orders"] = len(total.pop("order_keys"))
        total["net_revenue"] = total["gross_revenue"] - total["discount"] - total["refund"]
    return sums


def sales(facts: Facts) -> Iterator[Row]:
    """The order lines that count as sales."""
    return (line for line in records(facts.order_items) if line["is_sale"])


def nothing_booked() -> Row:
    """The sums of no sale and no refund."""
    return {name: Decimal(0) if name in AMOUNTS else 0 for name in BOOKED}


def reporting(facts: Facts, day: date, currency: str, sums: Row) -> Row:
    """Net revenue in the reporting currency at the latest rate of the day or before; None where no rate is known."""
    target = facts.settings.reporting_currency or facts.settings.default_currency
    known = [(since, rate) for code, since, rate in facts.rates if code == currency and since <= day]
    rate = Decimal(1) if currency == target else max(known)[1] if known else None
    amount = None if rate is None else (sums["net_revenue"] * rate).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return {"reporting_currency": target, "net_revenue_reporting": amount}


def daily_revenue(facts: Facts) -> pd.DataFrame:
    """Revenue by day, category, channel and currency."""
    key = ("revenue_date", "category", "channel", "currency")
    rows = [
        {
            **dict(zip(key, group, strict=True)),
            **sums,
            **reporting(facts, group[0], group[3], sums),
            "average_order_value": share(sums["gross_revenue"] - sums["discount"], sums["orders"]),
        }
        for group, sums in booked(
            facts, lambda line, day: (day, line["category"], line["channel"], line["currency"])
        ).items()
    ]
    return frame(rows, (*key, *BOOKED, *REPORTED, "average_order_value"))


def payment_summary(facts: Facts) -> pd.DataFrame:
    """How orders were paid and what became of them, by day, method and currency."""
    key = ("revenue_date", "payment_method", "currency")
    orders = records(facts.orders)
    methods = {order["order_key"]: order["payment_method"] or "unknown" for order in orders}
    sums = booked(facts, lambda line, day: (day, methods[line["order_key"]], line["currency"]))
    placed: dict[tuple[Any, ...], list[Row]] = {}
    for order in orders:
        if order["is_return"]:
            continue
        group = (order["order_date"], methods[order["order_key"]], order["currency"])
        placed.setdefault(group, []).append(order)
    of_day = Counter((order["order_date"], order["currency"]) for order in orders if not order["is_return"])
    rows = []
    for group in sums.keys() | placed.keys():
        here = placed.get(group, [])
        successful = sum(1 for order in here if order["is_sale"])
        rows.append(
            {
                **dict(zip(key, group, strict=True)),
                **sums.get(group, nothing_booked()),
                **reporting(facts, group[0], group[2], sums.get(group, nothing_booked())),
                "orders": len(here),
                "successful_orders": successful,
                "failed_orders": sum(1 for order in here if order["status"] == "failed"),
                "cancelled_orders": sum(1 for order in here if order["status"] == "cancelled"),
                "share_of_orders": share(len(here) or None, of_day[group[0], group[2]]),
                "success_rate": share(successful, len(here)),
            }
        )
    counts = ("successful_orders", "failed_orders", "cancelled_orders", "share_of_orders", "success_rate")
    booked_here = [name for name in BOOKED if name != "returned_units"]
    return frame(rows, (*key, *booked_here, *REPORTED, *counts))
