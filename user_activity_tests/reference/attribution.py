"""Which session of its customer an order is attributed to, and what that comes to by channel."""

from datetime import timedelta
from decimal import Decimal

import pandas as pd

from user_activity_tests.reference.facts import Facts, Row, frame, records
from user_activity_tests.reference.revenue import AMOUNTS, REPORTED, Sums, reporting

MODELS = ("first_touch", "last_touch", "last_non_direct")


def fct_orders(facts: Facts) -> pd.DataFrame:
    """The channel of each order by each attribution model."""
    rows = [{"order_id": order["order_id"], **channels_of(facts, order)} for order in records(facts.orders)]
    return frame(rows, ("order_id", *(f"{model}_channel" for model in MODELS)))


def channels_of(facts: Facts, order: Row) -> Row:
    """An order's channels: those of its customer's sessions in the window, or else its own."""
    first_day = order["order_date"] - timedelta(days=facts.settings.attribution_window_days)
    sessions = [session for session in facts.sessions_of.get(order["user_id"], []) if not session["is_bot"]]
    touches = [
        session["channel"]
        for session in sorted(sessions, key=lambda session: (session["started_at"], session["session_key"]))
        if session["started_at"] <= order["order_at"] and facts.day(session["started_at"]) >= first_day
    ] or [order["channel"]]
    non_direct = [channel for channel in touches if channel != "Direct"]
    found = (touches[0], touches[-1], (non_direct or touches)[-1])
    return {f"{model}_channel": channel for model, channel in zip(MODELS, found, strict=True)}


def channel_attribution(facts: Facts) -> pd.DataFrame:
    """Orders and revenue by day, attribution model, channel and currency."""
    key = ("order_date", "attribution_model", "channel", "currency")
    sums: Sums = {}
    for order in records(facts.orders):
        if not order["is_counted"]:
            continue
        for model, channel in zip(MODELS, channels_of(facts, order).values(), strict=True):
            group = (order["order_date"], model, channel, order["currency"])
            total = sums.setdefault(group, {"orders": 0, **dict.fromkeys(AMOUNTS, Decimal(0))})
            total["orders"] += order["is_sale"]
            for amount in AMOUNTS:
                total[amount] += order[amount]
    rows = [
        dict(zip(key, group, strict=True)) | total | reporting(facts, group[0], group[3], total)
        for group, total in sums.items()
    ]
    return frame(rows, (*key, "orders", *AMOUNTS, *REPORTED))
