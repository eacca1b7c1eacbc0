"""Orders of guests: an order without a customer counts in revenue, and in no customer's figures."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from user_activity_tests.laws.histories import encode
from user_activity_tests.models.shop import order
from user_activity_tests.platform import Platform, differences

pytestmark = pytest.mark.long
DAY = date(2025, 1, 10)
LINE = ("tea", 2, "5.00")
NOBODY = (None, "", "  ", "null", "undefined", "NaN")


def drop(platform: Platform, name: str, orders: list[dict[str, Any]], day: date = DAY) -> None:
    platform.drop("orders", day, name, encode(tuple(orders), name))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A customer, guests in all spellings, an order whose customer is no id, and a day without any customer."""
    platform = Platform(tmp_path_factory.mktemp("guests"), start_date=date(2025, 1, 1))
    guests = [order(f"g{n}", "", "2025-01-10", LINE) | {"user_id": nobody} for n, nobody in enumerate(NOBODY)]
    absent = order("absent", "", "2025-01-10", LINE)
    del absent["user_id"]
    broken = order("broken", "", "2025-01-10", LINE) | {"user_id": {"name": "Ann"}}
    drop(platform, "mixed.jsonl", [*guests, absent, broken, order("anns", "ann", "2025-01-10", LINE)])
    buyers = [order(f"b{n}", "", "2025-01-09", LINE) for n in range(20)]
    drop(
        platform, "buyers.jsonl", [{"buyer" if name == "user_id" else name: v for name, v in o.items()} for o in buyers]
    )
    platform.run()
    return platform


def test_they_count_in_revenue_and_in_no_customers_figures(shop: Platform) -> None:
    assert shop.query("select orders, net_revenue from metrics.daily_revenue where revenue_date = '2025-01-10'") == [
        (8, 80)
    ]
    assert shop.query("select count(*), count(user_id), count(user_key) from marts.fct_orders") == [(28, 1, 1)]
    assert shop.query("select count(*), count(user_id), count(user_key) from marts.fct_order_items") == [(28, 1, 1)]
    for table in ("metrics.customer_value", "metrics.customer_product_summary", "marts.dim_users"):
        assert shop.query(f"select user_id from {table}") == [("ann",)], table


def test_a_customer_that_is_no_id_rejects_the_order(shop: Platform) -> None:
    assert len(shop.query("select * from audit.bad_records")) == 1
    assert not shop.query("select order_id from staging.stg_orders where order_id = 'broken'")


def test_a_day_without_any_customer_is_told(shop: Platform) -> None:
    assert shop.query(
        "select passed, failing_rows from audit.dq_results where check_name = 'orders_of_a_day_name_customers'"
    ) == [(False, 1)]


def test_guests_become_customers_and_customers_guests(shop: Platform, tmp_path: Path) -> None:
    changed = [
        order("g0", "bob", "2025-01-10", LINE, updated_at="2025-01-12T00:00:00Z"),
        order("anns", "", "2025-01-10", LINE, updated_at="2025-01-12T00:00:00Z"),
    ]
    later = shop.copied_to(tmp_path / "data")
    drop(later, "changed.jsonl", changed, date(2025, 1, 12))
    later.run()
    for table in ("metrics.customer_value", "metrics.customer_product_summary", "marts.dim_users"):
        assert later.query(f"select user_id from {table}") == [("bob",)], table
    assert later.query("select count(*), count(user_key), sum(net_revenue) from marts.fct_orders") == [(28, 1, 280)]
    clean = Platform(tmp_path / "clean", start_date=date(2025, 1, 1))
    for path in later.settings.archive_dir.rglob("*.jsonl"):
        day = date(2025, 1, 12) if path.name.endswith("changed.jsonl") else DAY
        clean.drop("orders", day, path.name, path.read_bytes())
    clean.run()
    assert not differences(later.tables(lineage=False), clean.tables(lineage=False))
