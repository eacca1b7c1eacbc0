"""Which orders are sales, by status."""

from datetime import date
from decimal import Decimal

import pytest

from user_activity.settings import Settings
from user_activity_tests.laws.histories import encode
from user_activity_tests.models.conftest import Opened
from user_activity_tests.models.shop import order
from user_activity_tests.platform import Platform

CANCELLED = (
    "cancelled", "canceled_by_customer", "void", "voided", "expired", "abandoned", "draft", "checkout-draft",
    "incomplete", "trash", "deleted",
)  # fmt: skip
FAILED = ("failed", "payment failed", "declined", "denied", "rejected", "refused", "unpaid", "fraud", "error")
PAID_BACK = ("refunded", "returned", "chargeback")
PAID_BACK_IN_PART = ("partially_refunded", "Partially Returned")
SALES = ("placed", "pending", "on-hold", "completed", "delivered", "packed by hand")
STATUSES = (*CANCELLED, *FAILED, *PAID_BACK, *PAID_BACK_IN_PART, *SALES)


@pytest.fixture(scope="module")
def shop(opened: Opened) -> Platform:
    """An order of 10 with each status, a customer each."""
    platform = opened(start_date=date(2025, 1, 1), order_statuses=STATUSES)
    orders = tuple(order(status, status, "2025-01-10", ("tea", 1, "10"), status=status) for status in STATUSES)
    platform.drop("orders", date(2025, 1, 10), "orders.jsonl", encode(orders, "orders.jsonl"))
    platform.run()
    return platform


def test_a_status_says_whether_an_order_is_a_sale_and_paid_back(shop: Platform) -> None:
    found = shop.query("select order_id, is_sale, refund, net_revenue from marts.fct_orders order by 1")
    sold, given_back, nothing = Decimal(10), Decimal(10), Decimal(0)
    assert found == sorted(
        [(status, False, nothing, nothing) for status in (*CANCELLED, *FAILED)]
        + [(status, True, given_back, nothing) for status in PAID_BACK]
        + [(status, True, nothing, sold) for status in (*PAID_BACK_IN_PART, *SALES)]
    )


def test_a_partial_refund_without_an_amount_is_told(shop: Platform) -> None:
    ((passed, rows),) = shop.query(
        "select passed, failing_rows from audit.dq_results where check_name = 'order_amounts_are_plausible'"
    )
    assert (passed, rows) == (False, len(PAID_BACK_IN_PART))


def test_metrics_count_sales_alone(shop: Platform) -> None:
    sales = len(PAID_BACK) + len(PAID_BACK_IN_PART) + len(SALES)
    for table in ("daily_revenue", "payment_summary"):
        assert shop.query(f"select sum(gross_revenue), sum(net_revenue) from metrics.{table}") == [
            (10 * sales, 10 * (sales - len(PAID_BACK)))
        ]
    assert shop.query(
        "select orders, successful_orders, failed_orders, cancelled_orders from metrics.payment_summary"
    ) == [(len(STATUSES), sales, len(FAILED), len(CANCELLED))]
    assert shop.query("select count(*) from metrics.customer_value") == [(sales,)]
    assert shop.query("select orders from metrics.daily_volumes") == [(sales,)]


def test_of_the_default_statuses_only_two_are_no_sale() -> None:
    defaults = set(Settings(_env_file=None).order_statuses)
    assert defaults & {*CANCELLED, *FAILED} == {"cancelled", "failed"}
