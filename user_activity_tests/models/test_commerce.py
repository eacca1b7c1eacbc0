"""What is sold: on its day, once, in its currency, the same by whatever it is summed up by, however late it comes."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from user_activity_tests.models.shop import CHANGED, CORRECTED, PLACED, land, order, shop
from user_activity_tests.platform import Platform, differences

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """As it stands when the orders have come, with nothing changed yet. Tests only read it."""
    return shop(tmp_path_factory.mktemp("placed"), PLACED)


@pytest.fixture(scope="module")
def changed(placed: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The same shop three months later, each batch ingested before the next one comes. Tests only read it."""
    platform = placed.copied_to(tmp_path_factory.mktemp("changed") / "data")
    for batch in (CHANGED, CORRECTED):
        land(platform, batch)
        platform.run()
    return platform


def money(*amounts: float) -> tuple[Decimal, ...]:
    return tuple(Decimal(str(amount)) for amount in amounts)


def test_activity_stands_on_one_row_of_a_products_day(placed: Platform) -> None:
    columns = "activity_date, product_id, currency, views, carts, purchases, orders, units, net_revenue, review_count"
    rows = placed.query(
        f"select {columns}, mean_rating, bot_events from metrics.product_performance "
        "where activity_date in ('2025-01-10', '2025-01-12') order by all"
    )
    tenth, twelfth = date(2025, 1, 10), date(2025, 1, 12)
    assert rows == [
        (tenth, "cup", "USD", 1, 0, 0, 1, 1, *money(4.8), 0, None, 0),
        (tenth, "tea", "EUR", 0, 0, 0, 1, 1, *money(8), 0, None, 0),
        (tenth, "tea", "USD", 1, 1, 1, 1, 2, *money(19.2), 0, None, 1),
        (twelfth, "tea", "EUR", 1, 0, 0, 1, 1, *money(8), 2, 3.5, 0),
        (twelfth, "tea", "JPY", 0, 0, 0, 1, 1, *money(900), 0, None, 0),
    ]


def test_rates_have_a_denominator(placed: Platform) -> None:
    assert placed.query(
        "select product_id, view_to_cart_rate, cart_to_purchase_rate from metrics.product_performance "
        "where activity_date = '2025-01-10' and currency = 'USD' order by all"
    ) == [("cup", 0.0, None), ("tea", 1.0, 1.0)]


def test_a_session_counts_once_and_earns_in_each_currency(placed: Platform) -> None:
    columns = (
        "device, currency, sessions, bot_sessions, converted_sessions, conversion_rate, bounces, events, purchases"
    )
    assert placed.query(
        f"select {columns}, revenue, revenue_per_session from metrics.session_summary "
        "where session_date = '2025-01-10' order by all"
    ) == [
        ("phone", "EUR", 0, 0, 0, None, 0, 0, 0, *money(8), 4.0),
        ("phone", "USD", 2, 0, 1, 0.5, 1, 6, 2, *money(24), 12.0),
        ("unknown", "USD", 1, 1, 0, 0.0, 1, 1, 0, *money(0), 0.0),
    ]
    assert placed.query(
        "select currency, revenue, viewed_product_count from marts.fct_sessions where user_id = 'ann'"
    ) == [(None, None, 2)]


def test_payments_succeed_fail_or_are_cancelled(placed: Platform, changed: Platform) -> None:
    columns = "payment_method, currency, orders, successful_orders, failed_orders, cancelled_orders"
    thirteenth = f"select {columns} from metrics.payment_summary where revenue_date = '2025-01-13' order by all"
    assert placed.query(thirteenth) == [("card", "USD", 3, 2, 1, 0)]
    assert changed.query(thirteenth) == [("card", "GBP", 1, 1, 0, 0), ("card", "USD", 2, 0, 1, 1)]
    assert placed.query(
        "select payment_method, currency, share_of_orders, success_rate from metrics.payment_summary "
        "where revenue_date in ('2025-01-11', '2025-01-12') order by all"
    ) == [
        ("card", "JPY", 1.0, 1.0),
        ("card", "USD", 0.5, 1.0),
        ("paypal", "USD", 0.5, 1.0),
        ("unknown", "EUR", 1.0, 1.0),
    ]


def test_a_refund_lowers_its_own_day_once(changed: Platform) -> None:
    april = date(2025, 4, 11)
    for table, day in (
        ("daily_revenue", "revenue_date"),
        ("product_performance", "activity_date"),
        ("payment_summary", "revenue_date"),
    ):
        refunds = (
            f"select {day}, orders, gross_revenue, refund, net_revenue from metrics.{table} where refund > 0 order by 1"
        )
        assert changed.query(refunds) == [
            (date(2025, 1, 14), 1, *money(7, 7, 0)),
            (april, 0, *money(0, 15, -15)),
        ]
    assert changed.query(
        "select refund, net_revenue, last_order_date from metrics.customer_product_summary "
        "where user_id = 'cy' and currency = 'USD'"
    ) == [(*money(15, 25), date(2025, 1, 11))]
    assert changed.query(
        "select payment_method, share_of_orders, success_rate from metrics.payment_summary "
        "where revenue_date = '2025-04-11'"
    ) == [("paypal", None, None)]


@pytest.mark.parametrize("state", ["placed", "changed"])
def test_revenue_is_the_same_by_day_product_payment_and_customer(state: str, request: pytest.FixtureRequest) -> None:
    platform: Platform = request.getfixturevalue(state)
    by_table = {
        table: platform.query(
            "select currency, sum(gross_revenue), sum(discount), sum(refund), sum(net_revenue) "
            f"from metrics.{table} group by currency order by currency"
        )
        for table in (
            "daily_revenue", "product_performance", "payment_summary", "customer_product_summary", "customer_value",
        )
    }  # fmt: skip
    expected = {
        "placed": [
            ("EUR", *money(16, 0, 0, 16)), ("JPY", *money(900, 0, 0, 900)), ("USD", *money(127, 1, 7, 119)),
        ],
        "changed": [
            ("EUR", *money(16, 0, 0, 16)), ("GBP", *money(10, 0, 0, 10)), ("JPY", *money(900, 0, 0, 900)),
            ("USD", *money(87, 1, 22, 64)),
        ],
    }[state]  # fmt: skip
    assert by_table == dict.fromkeys(by_table, expected)


def test_an_order_follows_its_corrections(changed: Platform) -> None:
    assert changed.query(
        "select user_id, product_id, currency, orders, units, net_revenue, first_order_date "
        "from metrics.customer_product_summary where product_id = 'cup' order by all"
    ) == [
        ("ann", "cup", "USD", 2, 4, *money(19.8), date(2025, 1, 10)),
        ("bob", "cup", "GBP", 1, 2, *money(10), date(2025, 1, 13)),
        ("eve", "cup", "USD", 1, 1, *money(0), date(2025, 1, 14)),
    ]
    assert changed.query("select count(*) from metrics.product_performance where activity_date = '2025-01-20'") == [
        (1,)
    ]


def test_a_category_is_that_of_the_order_also_on_the_day_of_its_refund(placed: Platform, changed: Platform) -> None:
    categories = "select distinct category from metrics.daily_revenue where {} order by 1"
    assert placed.query(categories.format("revenue_date = '2025-01-11'")) == [("drinks",), ("unknown",)]
    assert changed.query(categories.format("revenue_date = '2025-01-11'")) == [("tea",)]
    assert changed.query(categories.format("revenue_date = '2025-04-11'")) == [("tea",)]


def test_amounts_are_converted_at_the_rate_of_their_day(changed: Platform) -> None:
    assert changed.query(
        "select revenue_date, currency, sum(net_revenue), sum(net_revenue_reporting), max(reporting_currency) "
        "from metrics.daily_revenue where revenue_date <> '2025-01-14' group by all order by all"
    ) == [
        (date(2025, 1, 10), "EUR", *money(8, 8), "EUR"),
        (date(2025, 1, 10), "USD", *money(24, 12), "EUR"),
        (date(2025, 1, 11), "USD", *money(40, 36), "EUR"),
        (date(2025, 1, 12), "EUR", *money(8, 8), "EUR"),
        (date(2025, 1, 12), "JPY", *money(900), None, "EUR"),
        (date(2025, 1, 13), "GBP", *money(10, 12), "EUR"),
        (date(2025, 1, 20), "USD", *money(15, 13.5), "EUR"),
        (date(2025, 4, 11), "USD", *money(-15, -12), "EUR"),
    ]


def test_ratings_are_counted_as_they_stand(placed: Platform, changed: Platform) -> None:
    columns = "product_id, reviews, mean_rating, rating_2_count, rating_3_count, rating_5_count, last_review_date"
    summary = f"select {columns} from metrics.review_product_summary"
    assert placed.query(summary) == [("tea", 2, 3.5, 1, 0, 1, date(2025, 1, 12))]
    assert changed.query(summary) == [("tea", 2, 4.0, 0, 1, 1, date(2025, 1, 13))]


def test_whatever_comes_late_the_tables_are_those_of_a_build_from_empty(changed: Platform, tmp_path: Path) -> None:
    at_once = shop(tmp_path, PLACED, CHANGED, CORRECTED)
    assert not differences(changed.tables(), at_once.tables())


def test_a_late_purchase_changes_what_it_is_part_of_and_nothing_else(placed: Platform, tmp_path: Path) -> None:
    platform = placed.copied_to(tmp_path / "data")
    before = platform.tables()
    late = order("late", "bob", "2025-01-11", ("tea", 1, "3.00"))
    land(platform, (date(2025, 4, 20), {"orders": (late,)}))
    platform.run()
    changes = differences(platform.tables(), before)
    rows = {
        table: (len(found["only ours"]), len(found["only theirs"]))
        for table, found in changes.items()
        if table.startswith("metrics.") and table != "metrics.daily_volumes"
    }
    assert rows == {
        "metrics.channel_attribution": (3, 3),
        "metrics.customer_product_summary": (1, 0),
        "metrics.customer_value": (1, 1),
        "metrics.daily_revenue": (1, 1),
        "metrics.payment_summary": (2, 2),
        "metrics.product_performance": (1, 1),
    }
