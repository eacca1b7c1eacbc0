"""Amounts as they are booked: sales on the day of the order, refunds on the day of the refund."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from user_activity_tests.reference.facts import Facts, Row, frame, records, share

AMOUNTS = ("gross_revenue", "discount", "refund", "net_revenue")
BOOKED = ("orders", "units", *AMOUNTS)
Sums = dict[tuple[Any, ...], Row]


def booked(facts: Facts, key: Callable[[Row, date], tuple[Any, ...]]) -> Sums:
    """What sales and refunds of order lines come to, by a key of the line and the day of the booking."""
    sums: Sums = {}

    def at(line: Row, day: date) -> Row:
        empty = dict.fromkeys(("units", *AMOUNTS), Decimal(0))
        return sums.setdefault(key(line, day), {"order_keys": set(), **empty})

    for line in sales(facts):
        sold = at(line, line["order_date"])
        sold["order_keys"].add(line["order_key"])
        sold["units"] += line["quantity"]
        sold["gross_revenue"] += line["gross_revenue"]
        sold["discount"] += line["discount"]
        if line["refund"]:
            at(line, line["refund_date"])["refund"] += line["refund"]
    for total in sums.values():
        total["orders"] = len(total.pop("order_keys"))
        total["net_revenue"] = total["gross_revenue"] - total["discount"] - total["refund"]
    return sums


def sales(facts: Facts) -> Iterator[Row]:
    """The order lines that count as sales."""
    return (line for line in records(facts.order_items) if line["is_sale"])


def nothing_booked() -> Row:
    """The sums of no sale and no refund."""
    return dict.fromkeys(BOOKED, 0)


def rate_of(facts: Facts, currency: str, day: date) -> Decimal | None:
    """What a unit of a currency is worth in the reporting currency on a day; None where no rate says."""
    if currency == (facts.settings.reporting_currency or facts.settings.default_currency):
        return Decimal(1)
    known = [(since, rate) for code, since, rate in facts.rates if code == currency and since <= day]
    return max(known)[1] if known else None


def daily_revenue(facts: Facts) -> pd.DataFrame:
    """Revenue by day, category, channel and currency."""
    key = ("revenue_date", "category", "channel", "currency")
    rows = []
    for group, sums in booked(
        facts, lambda line, day: (day, line["category"], line["channel"], line["currency"])
    ).items():
        rate = rate_of(facts, group[3], group[0])
        converted = None if rate is None else sums["net_revenue"] * rate
        rows.append(
            {
                **dict(zip(key, group, strict=True)),
                **sums,
                "average_order_value": share(sums["gross_revenue"] - sums["discount"], sums["orders"]),
                "reporting_currency": facts.settings.reporting_currency or facts.settings.default_currency,
                "net_revenue_reporting": rounded(converted),
            }
        )
    return frame(rows, (*key, *BOOKED, "average_order_value", "reporting_currency", "net_revenue_reporting"))


def rounded(amount: Decimal | None) -> Decimal | None:
    """An amount to four digits, as money is kept."""
    return None if amount is None else amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def payment_summary(facts: Facts) -> pd.DataFrame:
    """How orders were paid and what became of them, by day, method and currency."""
    key = ("revenue_date", "payment_method", "currency")
    orders = records(facts.orders)
    methods = {order["order_key"]: order["payment_method"] or "unknown" for order in orders}
    sums = booked(facts, lambda line, day: (day, methods[line["order_key"]], line["currency"]))
    placed: dict[tuple[Any, ...], list[Row]] = {}
    for order in orders:
        group = (order["order_date"], methods[order["order_key"]], order["currency"])
        placed.setdefault(group, []).append(order)
    of_day = Counter((order["order_date"], order["currency"]) for order in orders)
    rows = []
    for group in sums.keys() | placed.keys():
        here = placed.get(group, [])
        successful = sum(1 for order in here if order["is_sale"])
        rows.append(
            {
                **dict(zip(key, group, strict=True)),
                **sums.get(group, nothing_booked()),
                "orders": len(here),
                "successful_orders": successful,
                "failed_orders": sum(1 for order in here if order["status"] == "failed"),
                "cancelled_orders": sum(1 for order in here if order["status"] == "cancelled"),
                "share_of_orders": share(len(here) or None, of_day[group[0], group[2]]),
                "success_rate": share(successful, len(here)),
            }
        )
    counts = ("successful_orders", "failed_orders", "cancelled_orders", "share_of_orders", "success_rate")
    return frame(rows, (*key, *BOOKED, *counts))
