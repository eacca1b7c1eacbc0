"""A small shop with everything that can happen to an order, and how to let it land."""

from datetime import date
from pathlib import Path
from typing import Any

from user_activity_tests.laws.histories import encode
from user_activity_tests.platform import Platform

FIRST = date(2025, 1, 1)
RATES = "currency,rate_date,rate\nUSD,2025-01-02,0.5\nUSD,2025-01-11,0.9\nUSD,2025-04-01,0.8\nGBP,2025-01-01,1.2\n"
Batch = tuple[date, dict[str, tuple[dict[str, Any], ...]]]  # what lands on a day, by source


def order(number: str, user: str, day: str, *lines: tuple[str, int, str], **fields: Any) -> dict[str, Any]:
    at = f"{day}T12:00:00Z"
    items = [{"product_id": product, "quantity": quantity, "unit_price": price} for product, quantity, price in lines]
    return {
        "order_id": number,
        "user_id": user,
        "order_at": at,
        "updated_at": at,
        "payment_method": "card",
        "items": items,
    } | fields


def event(number: str, user: str, event_type: str, at: str, **fields: Any) -> dict[str, Any]:
    return {"event_id": number, "user_id": user, "event_type": event_type, "event_at": f"{at}:00Z"} | fields


def product(day: str, category: str, name: str = "Tea") -> dict[str, Any]:
    return {"product_id": "tea", "name": name, "category": category, "price": 9, "updated_at": f"{day}T00:00:00Z"}


def review(number: str, at: str, rating: int) -> dict[str, Any]:
    return {"review_id": number, "user_id": "ann", "product_id": "tea", "rating": rating, "review_at": f"{at}:00Z"}


PLACED: Batch = (
    date(2025, 1, 21),
    {
        "products": (product("2025-01-06", "drinks"),),
        "orders": (
            order("kept", "ann", "2025-01-10", ("tea", 2, "10.00"), ("cup", 1, "5.00"), discount=1),
            order("in euro", "ann", "2025-01-10", ("tea", 1, "8.00"), currency="EUR"),
            order("in euro alone", "bob", "2025-01-12", ("tea", 1, "8.00"), currency="EUR", payment_method=None),
            order("in yen", "cy", "2025-01-12", ("tea", 1, "900"), currency="JPY"),
            order("partly refunded", "cy", "2025-01-11", ("tea", 4, "10.00"), payment_method="paypal"),
            order("moves", "bob", "2025-01-11", ("cup", 3, "5.00")),
            order("changes currency", "bob", "2025-01-13", ("cup", 2, "5.00")),
            order("shipped", "dee", "2025-01-13", ("cup", 6, "5.00"), status="shipped"),
            order("failed", "dee", "2025-01-13", ("cup", 1, "5.00"), status="failed"),
            order(
                "refunded at once", "eve", "2025-01-14", ("cup", 1, "7.00"), refund=7, refunded_at="2025-01-14T13:00Z"
            ),
        ),
        "events": (
            event("e01", "ann", "product_view", "2025-01-10T10:00", product_id="tea", device="phone"),
            event("e02", "ann", "product_view", "2025-01-10T10:01", product_id="cup", device="phone"),
            event("e03", "ann", "add_to_cart", "2025-01-10T10:02", product_id="tea", device="phone"),
            event("e04", "ann", "purchase", "2025-01-10T10:03", product_id="tea", device="phone", revenue=24),
            event("e05", "ann", "purchase", "2025-01-10T10:04", device="phone", revenue=8, currency="EUR"),
            event("e06", "bob", "page_view", "2025-01-10T10:04", device="phone"),
            event("e07", "cy", "page_view", "2025-01-10T11:00"),
            event("e08", "bot", "product_view", "2025-01-10T11:00", product_id="tea", user_agent="Googlebot/2.1"),
            event("e09", "bob", "product_view", "2025-01-12T11:00", product_id="tea"),
        ),
        "reviews": (review("r1", "2025-01-12T09:00", 2), review("r2", "2025-01-12T09:30", 5)),
    },
)
CHANGED: Batch = (
    date(2025, 4, 20),
    {
        "orders": (
            order(
                "partly refunded", "cy", "2025-01-11", ("tea", 4, "10.00"), payment_method="paypal",
                status="partially_refunded", refund=15, refunded_at="2025-04-11T09:00:00Z",
                updated_at="2025-04-11T09:00:00Z",
            ),
            order("moves", "ann", "2025-01-20", ("cup", 3, "5.00"), updated_at="2025-04-01T00:00:00Z"),
            order(
                "changes currency", "bob", "2025-01-13", ("cup", 2, "5.00"), currency="GBP",
                updated_at="2025-04-01T00:00:00Z",
            ),
            order(
                "shipped", "dee", "2025-01-13", ("cup", 6, "5.00"), status="cancelled",
                updated_at="2025-04-01T00:00:00Z",
            ),
        ),
    },
)  # fmt: skip
CORRECTED: Batch = (
    date(2025, 5, 2),
    {
        "products": (product("2025-01-09", "tea", "Green tea"),),
        "reviews": (review("r1", "2025-01-13T09:00", 3) | {"updated_at": "2025-05-02T00:00:00Z"},),
    },
)


def shop(folder: Path, *batches: Batch) -> Platform:
    """A shop in which batches landed, all of them at once."""
    rates = folder / "rates.csv"
    folder.mkdir(exist_ok=True)
    rates.write_text(RATES)
    platform = Platform(folder / "data", start_date=FIRST, rates_file=rates, reporting_currency="EUR")
    for batch in batches:
        land(platform, batch)
    platform.run()
    return platform


def land(platform: Platform, batch: Batch) -> None:
    landing_date, sources = batch
    for source, records in sources.items():
        platform.drop(source, landing_date, "records.jsonl", encode(records, "records.jsonl"))
