"""What customers are worth, as of the last day that is known: against lifetimes, and in cases that it leaves open."""

from datetime import date, timedelta
from typing import Any

import pytest

from user_activity_tests.laws.histories import encode
from user_activity_tests.platform import Platform

pytestmark = pytest.mark.long

FIRST, LAST = date(2015, 1, 1), date(2015, 2, 7)

# Transactions as (customer, day, value), and what they sum up to as (customer, frequency, recency, T, mean repeat
# value) at the end of 2015-02-07: CamDavidsonPilon/lifetimes (MIT), tests/test_utils.py,
# test_summary_date_from_transaction_with_monetary_values, at 4f2833f4518621343bb6983eb3e540c11f66ec6a.
TRANSACTIONS = (
    ("1", "2015-01-01", 1),
    ("1", "2015-02-06", 2),
    ("2", "2015-01-01", 2),
    ("3", "2015-01-01", 3),
    ("3", "2015-01-02", 1),
    ("3", "2015-01-05", 5),
    ("4", "2015-01-16", 6),
    ("4", "2015-02-02", 3),
    ("4", "2015-02-05", 3),
    ("5", "2015-01-16", 3),
    ("5", "2015-01-17", 1),
    ("5", "2015-01-18", 8),
    ("6", "2015-02-02", 5),
)
SUMMARY = [
    ("1", 1, 36, 37, 2.0),
    ("2", 0, 0, 37, 0.0),
    ("3", 2, 4, 37, 3.0),
    ("4", 2, 20, 22, 3.0),
    ("5", 2, 2, 22, 4.5),
    ("6", 0, 0, 5, 0.0),
]


def order(number: str, user: str, day: str, value: int, **fields: Any) -> dict[str, Any]:
    return {
        "order_id": number,
        "user_id": user,
        "order_at": f"{day}T12:00:00Z",
        "updated_at": f"{day}T12:00:00Z",
        "currency": "USD",
        "items": [{"product_id": "tea", "quantity": 1, "unit_price": value}],
    } | fields


OTHERS = (
    order("twice a day", "ann", "2015-01-03", 10, currency="EUR"),
    order("twice a day, again", "ann", "2015-01-03", 30, currency="EUR"),
    order("in another currency", "ann", "2015-01-09", 500, currency="SEK"),
    order("refunded", "bob", "2015-01-03", 20, currency="EUR", refund=5, refunded_at="2015-02-01T00:00:00Z"),
    order("discounted", "bob", "2015-01-04", 20, currency="EUR", discount=8),
    order("cancelled", "bob", "2015-01-05", 99, currency="EUR", status="cancelled"),
    order("never paid", "cy", "2015-01-05", 99, currency="EUR", status="failed"),
    *(order(f"score {n}", f"user {n:02}", str(FIRST + timedelta(n)), n, currency="JPY") for n in range(1, 11)),
    *(order(f"tie {n}", f"user {n:02}", "2015-01-01", 7, currency="CHF") for n in range(1, 4)),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    platform = Platform(tmp_path_factory.mktemp("shop"), start_date=FIRST)
    bought = tuple(order(f"o{number}", *transaction) for number, transaction in enumerate(TRANSACTIONS))
    platform.drop("orders", LAST, "orders.jsonl", encode((*bought, *OTHERS), "orders.jsonl"))
    visit = {"event_id": "e1", "user_id": "a visitor", "event_type": "page_view", "event_at": f"{LAST}T08:00:00Z"}
    platform.drop("events", LAST, "events.jsonl", encode((visit,), "events.jsonl"))
    platform.run()
    return platform


def test_purchases_sum_up_as_lifetimes_counts_them(shop: Platform) -> None:
    assert (
        shop.query(
            "select user_id, frequency, recency_days, age_days, mean_repeat_value "
            "from metrics.customer_value where currency = 'USD' order by user_id"
        )
        == SUMMARY
    )


def test_orders_of_a_day_are_one_purchase_and_currencies_stay_apart(shop: Platform) -> None:
    columns = "user_id, currency, orders, is_repeat, frequency, net_revenue, mean_repeat_value"
    assert shop.query(
        f"select {columns} from metrics.customer_value where user_id in ('ann', 'bob', 'cy') order by all"
    ) == [
        ("ann", "EUR", 2, True, 0, 40, 0.0),
        ("ann", "SEK", 1, False, 0, 500, 0.0),
        ("bob", "EUR", 2, True, 1, 27, 12.0),
    ]


def test_scores_are_fifths_of_a_currencys_customers_and_ties_share_one(shop: Platform) -> None:
    scores = "recency_score, frequency_score, monetary_score"
    tenths = shop.query(f"select {scores} from metrics.customer_value where currency = 'JPY' order by user_id")
    assert tenths == [(score, 5, score) for score in (1, 1, 2, 2, 3, 3, 4, 4, 5, 5)]
    assert shop.query(f"select distinct {scores} from metrics.customer_value where currency = 'CHF'") == [(5, 5, 5)]


def test_days_are_counted_up_to_the_last_event_or_order(shop: Platform) -> None:
    assert shop.query("select distinct as_of_date from metrics.customer_value") == [(LAST,)]
    late = order("late", "dee", "2015-02-08", 1, currency="NOK")
    shop.drop("orders", LAST + timedelta(1), "late.jsonl", encode((late,), "late.jsonl"))
    shop.run()
    assert shop.query("select distinct as_of_date from metrics.customer_value") == [(LAST + timedelta(1),)]
    assert shop.query("select age_days from metrics.customer_value where user_id = '1'") == [(38,)]
