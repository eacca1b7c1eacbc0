"""Products: how they are viewed, bought and judged."""

from collections import Counter
from datetime import date
from typing import Any

import pandas as pd

from user_activity_tests.reference.facts import Facts, Row, frame, mean, records, share
from user_activity_tests.reference.revenue import AMOUNTS, BOOKED, REPORTED, booked, nothing_booked, reporting, sales

COUNTED = {"product_view": "views", "add_to_cart": "carts", "purchase": "purchases"}


def product_performance(facts: Facts) -> pd.DataFrame:
    """Activity, sales and refunds by day, product and currency."""
    sums = booked(facts, lambda line, day: (day, line["product_key"], line["currency"]))
    activity, ratings, ids = _activity(facts)
    for line in records(facts.order_items):
        ids[line["product_key"]] = line["product_id"]
    currencies: dict[tuple[Any, ...], set[str]] = {}
    for day, product, currency in sums:
        currencies.setdefault((day, product), set()).add(currency)
    default = facts.settings.default_currency
    rows = []
    for day, product in currencies.keys() | activity.keys() | ratings.keys():
        codes = currencies.get((day, product), {default})
        carrying = default if default in codes else min(codes)
        for currency in codes:
            counts = activity.get((day, product), Counter()) if currency == carrying else Counter()
            stars = ratings.get((day, product), []) if currency == carrying else []
            rows.append(
                {
                    "activity_date": day,
                    "product_key": product,
                    "product_id": ids[product],
                    "currency": currency,
                    **{name: counts[name] for name in (*COUNTED.values(), "bot_events")},
                    "view_to_cart_rate": share(counts["carts"], counts["views"]),
                    "cart_to_purchase_rate": share(counts["purchases"], counts["carts"]),
                    **sums.get((day, product, currency), nothing_booked()),
                    **reporting(facts, day, currency, sums.get((day, product, currency), nothing_booked())),
                    "review_count": len(stars),
                    "mean_rating": mean(stars),
                }
            )
    columns = ("activity_date", "product_key", "product_id", "currency", "views", "carts", "purchases", "bot_events")
    rates = ("view_to_cart_rate", "cart_to_purchase_rate")
    return frame(rows, (*columns, *rates, *BOOKED, *REPORTED, "review_count", "mean_rating"))


def _activity(
    facts: Facts,
) -> tuple[dict[tuple[date, Any], Counter[str]], dict[tuple[date, Any], list[int]], dict[Any, str]]:
    """Counts of events and the ratings, by day and product; and the id of each product."""
    activity: dict[tuple[date, Any], Counter[str]] = {}
    ratings: dict[tuple[date, Any], list[int]] = {}
    ids: dict[Any, str] = {}
    for event in records(facts.events):
        name = "bot_events" if event["is_bot"] else COUNTED.get(event["event_type"], "others")
        if event["product_key"] is not None:
            activity.setdefault((facts.day(event["event_at"]), event["product_key"]), Counter())[name] += 1
            ids[event["product_key"]] = event["product_id"]
    for review in records(facts.reviews):
        ratings.setdefault((facts.day(review["review_at"]), review["product_key"]), []).append(review["rating"])
        ids[review["product_key"]] = review["product_id"]
    return activity, ratings, ids


def customer_product_summary(facts: Facts) -> pd.DataFrame:
    """What each customer bought of each product, in each currency, over all time."""
    key = ("user_key", "user_id", "product_key", "product_id", "currency")
    sums = booked(facts, lambda line, day: tuple(line[name] for name in key))
    days: dict[tuple[Any, ...], list[date]] = {}
    for line in sales(facts):
        days.setdefault(tuple(line[name] for name in key), []).append(line["order_date"])
    rows: list[Row] = [
        {
            **dict(zip(key, group, strict=True)),
            **total,
            "first_order_date": min(days[group]) if group in days else None,
            "last_order_date": max(days[group]) if group in days else None,
        }
        for group, total in sums.items()
        if group[0] is not None
    ]
    return frame(rows, (*key, "orders", "units", *AMOUNTS, "first_order_date", "last_order_date"))


def review_product_summary(facts: Facts) -> pd.DataFrame:
    """How each product is rated."""
    by_product: dict[Any, list[Row]] = {}
    for review in records(facts.reviews):
        by_product.setdefault((review["product_key"], review["product_id"]), []).append(review)
    rows: list[Row] = []
    for (product_key, product_id), reviews in by_product.items():
        ratings = [review["rating"] for review in reviews]
        days = [facts.day(review["review_at"]) for review in reviews]
        rows.append(
            {
                "product_key": product_key,
                "product_id": product_id,
                "reviews": len(reviews),
                "mean_rating": mean(ratings),
                **{f"rating_{stars}_count": ratings.count(stars) for stars in range(1, 6)},
                "first_review_date": min(days),
                "last_review_date": max(days),
            }
        )
    counts = [f"rating_{stars}_count" for stars in range(1, 6)]
    return frame(
        rows, ("product_key", "product_id", "reviews", "mean_rating", *counts, "first_review_date", "last_review_date")
    )
