"""What people of a crowd order and how they review it, and the catalogue that they order from."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from user_activity_tests.laws.histories import Record

LATER = (timedelta(0), timedelta(minutes=1), timedelta(hours=5), timedelta(days=1), timedelta(days=9))


def orders_of(
    rng: random.Random, user_id: str, moments: Sequence[datetime], ended: datetime, products: Sequence[str]
) -> Iterator[list[Record]]:
    """A person's orders, each with its later states: shipped, refunded in part or whole, cancelled, corrected."""
    for number in range(rng.choice((0, 0, 0, 1, 2, 4))):
        placed = min(rng.choice(moments) + rng.choice(LATER), ended) if moments else ended
        order: Record = {
            "order_id": f"{user_id}-o{number}",
            "user_id": user_id,
            "order_at": placed.isoformat(),
            "updated_at": placed.isoformat(),
            "status": rng.choice(("completed", "completed", "placed", "failed")),
            "currency": rng.choice(("USD", "USD", "EUR", "GBP")),
            "discount": rng.choice(("0", "0", "1.00", "0.3333")),
            "items": [
                {
                    "product_id": rng.choice(products),
                    "quantity": rng.randint(1, 3),
                    "unit_price": rng.choice(("9.99", "3.3333", "100", "0")),
                }
                for _ in range(rng.randint(1, 3))
            ],
        }
        if rng.random() < 0.7:
            order["payment_method"] = rng.choice(("card", "paypal"))
        if rng.random() < 0.4:
            order["session_id"] = "s1"
        if rng.random() < 0.15:
            order["user_id"] = rng.choice((None, "", "null"))
        if rng.random() < 0.3:
            order["channel"] = "Email"
        states = [order]
        at = placed
        for _ in range(rng.choice((0, 0, 1, 2))):
            at = max(at, min(at + rng.choice(LATER), ended)) + timedelta(seconds=1)
            states.append(_next_state(rng, states[-1], at))
        yield states


def lines_of(
    rng: random.Random, user_id: str, moments: Sequence[datetime], ended: datetime, products: Sequence[str]
) -> Iterator[list[Record]]:
    """Lines of a person's orders in files of their own, some of them returns, each with a correction or none."""
    for number in range(rng.choice((0, 0, 1, 3))):
        placed = min(rng.choice(moments) + rng.choice(LATER), ended) if moments else ended
        for line in range(rng.randint(1, 3)):
            record: Record = {
                "order_id": f"{user_id}-o{number}" if rng.random() < 0.2 else f"{user_id}-l{number}",
                "line_id": str(line),
                "user_id": user_id if rng.random() < 0.8 else None,
                "order_at": placed.isoformat(),
                "product_id": rng.choice(products),
                "quantity": rng.choice((1, 2, "0.5", "-1", "-0.25")),
                "unit_price": rng.choice(("9.99", "3.3333", "100", "0")),
                "currency": rng.choice(("USD", "USD", "EUR")),
            }
            later = record | {"quantity": "1.25", "updated_at": (placed + timedelta(hours=1)).isoformat()}
            yield [record, later] if rng.random() < 0.2 else [record]


def _next_state(rng: random.Random, order: Record, at: datetime) -> Record:
    when = {"updated_at": at.isoformat()}
    return (
        order
        | when
        | rng.choice(
            (
                {"status": "shipped"},
                {"status": "cancelled"},
                {"status": "refunded", "refunded_at": at.isoformat()},
                {"status": "returned"},
                {"status": "partially_refunded", "refund": "2.00", "refunded_at": at.isoformat()},
                {"currency": rng.choice(("USD", "EUR"))},
                {"order_at": (at - rng.choice(LATER)).isoformat()},
                {"items": order["items"][:1]},
                {"user_id": order["order_id"].rpartition("-")[0]},
                {"user_id": None},
            )
        )
    )


def reviews_of(
    rng: random.Random, user_id: str, moments: Sequence[datetime], products: Sequence[str]
) -> Iterator[list[Record]]:
    """A person's reviews, some of them written anew."""
    for number in range(rng.choice((0, 0, 0, 1, 2)) if moments else 0):
        at = rng.choice(moments)
        review = {
            "review_id": f"{user_id}-r{number}",
            "user_id": user_id,
            "product_id": rng.choice(products),
            "rating": rng.randint(1, 5),
            "review_at": at.isoformat(),
        }
        changed = {
            "rating": rng.randint(1, 5),
            "product_id": rng.choice(products),
            "updated_at": (at + timedelta(hours=3)).isoformat(),
        }
        yield [review, review | changed] if rng.random() < 0.3 else [review]


def versions_of_products(rng: random.Random, first_day: date, days: int, products: Sequence[str]) -> Iterator[Record]:
    """Versions of some products; a few are never in the catalogue."""
    for product_id in products[2:]:
        for day in sorted(rng.sample(range(days), min(days, rng.choice((1, 1, 2, 3))))):
            yield {
                "product_id": product_id,
                "updated_at": datetime.combine(first_day + timedelta(days=day), time(6)).isoformat(),
                "name": f"{product_id} of day {day}",
                "category": rng.choice(("tea", "cups", "pots")),
                "price": "9.99",
            }
