"""Orders as people export them: one row per line, lines in other files, returns, refunds, weights, wrong totals."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from user_activity_tests.laws.histories import encode
from user_activity_tests.models.shop import order
from user_activity_tests.platform import Platform, differences

LANDED, LATER = date(2025, 1, 20), date(2025, 1, 25)
HEADER = "invoice,line,sku,qty,price,amount,date,customer,discount,total\n"
LINES = """split,,tea,2,10.00,,2025-01-10,ann,,
twice,,tea,1,10.00,,2025-01-10,,,
twice,,tea,1,10.00,,2025-01-10,,,
given,1,tea,3,10.00,,2025-01-10,ann,,
given,1,tea,-1,10.00,,2025-01-12,ann,,
given,1,tea,-1,10.00,,2025-01-13,ann,,
C1,,cup,-2,5.00,,2025-01-11,ann,,
weighed,,,1.5,4.00,,2025-01-11,bob,,
weighed,,cheese,1.37,,5.49,2025-01-11,bob,,
discounted,1,tea,1,100.00,,2025-01-14,bob,50,150.00
discounted,2,cup,1,100.00,,2025-01-14,bob,,
wrong,,tea,1,100.00,,2025-01-14,bob,10,95.00
"""
REST = "split,,cup,1,5.00,,2025-01-10,ann,,\n"
MAP = {
    "order_id": ["invoice", "order_id"], "line_id": "line", "product_id": ["sku", "product_id"],
    "quantity": ["qty", "quantity"], "unit_price": ["price", "unit_price"],
    "order_at": "date", "user_id": "customer", "order_total": "total",
}  # fmt: skip


def without_lines(number: str, day: str, **fields: Any) -> dict[str, Any]:
    placed = order(number, "cy", day, **fields)
    del placed["items"]
    return placed


def refunded(number: str, *states: tuple[str, int]) -> list[dict[str, Any]]:
    """An order of 100 of the 5th, and what was refunded so far, as of some days."""
    placed = order(number, "dee", "2025-01-05", ("tea", 10, "10.00"))
    return [placed, *(placed | {"refund": so_far, "updated_at": f"{day}T09:00:00Z"} for day, so_far in states)]


ORDERS = [
    *(without_lines(number, "2025-01-15", **more)
      for number, more in {"dated": {}, "waiting": {}, "in total": {"total": 30}}.items()),
    order("both", "cy", "2025-01-15", ("tea", 1, "10.00")),
    *refunded("in parts", ("2025-01-07", 20), ("2025-01-09", 50)),
    *refunded("taken back", ("2025-01-07", 20), ("2025-01-08", 0)),
    order(
        "listed", "dee", "2025-01-05", ("tea", 10, "10.00"), ("cup", -1, "5.00"), status="partially_refunded",
        refunds=[{"amount": 7, "refunded_at": "2025-01-07T01:00Z"}, {"amount": 15, "date": "2025-01-08"}],
    ),
    order("sums up", "eve", "2025-01-16", ("tea", 1, "119.00"), tax=19, shipping=5, tip=2, total=126),
]  # fmt: skip
UNDATED = (
    "order_id,product_id,quantity,unit_price\ndated,tea,2,8.00\ndated,tea,-1,8.00\nboth,cup,1,99\nboth,tea,-1,10.00\n"
)


def land(platform: Platform, files: Sequence[tuple[str, date, str, str | list[dict[str, Any]]]]) -> None:
    for source, day, name, content in files:
        text = content.encode() if isinstance(content, str) else encode(tuple(content), name)
        platform.drop(source, day, name, text)


FILES = [
    ("order_items", LANDED, "lines.csv", HEADER + LINES),
    ("order_items", LANDED, "rest.csv", HEADER + REST),
    ("order_items", LATER, "again.csv", HEADER + LINES + REST),
    ("order_items", LANDED, "undated.csv", UNDATED),
    ("orders", LANDED, "orders.jsonl", ORDERS),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    platform = Platform(
        tmp_path_factory.mktemp("lines"), start_date=date(2025, 1, 1), orders_without_lines=True,
        field_maps={"order_items": MAP},
    )  # fmt: skip
    land(platform, FILES)
    platform.run()
    assert not platform.query("select * from audit.bad_records")
    return platform


def test_days_on_which_nothing_but_refunds_happened_are_built_once(shop: Platform) -> None:
    days = "event_date between date '2025-01-07' and date '2025-01-09'"
    assert shop.query(
        f"select event_date, count(distinct run_id) from audit.rebuild_history where {days} group by 1 order by 1"
    ) == [
        (date(2025, 1, 7), 1),
        (date(2025, 1, 8), 1),
        (date(2025, 1, 9), 1),
    ]


def test_orders_are_whole_and_count_once(shop: Platform) -> None:
    found = {
        name: tuple(amounts)
        for name, *amounts in shop.query(
            "select order_id, line_count, gross_revenue, discount, refund, net_revenue from marts.fct_orders"
        )
    }
    assert found == {
        "split": (2, 25, 0, 0, 25),
        "twice": (2, 20, 0, 0, 20),
        "given": (3, 30, 0, 20, 10),
        "C1": (1, 0, 0, 10, -10),
        "weighed": (2, Decimal("11.49"), 0, 0, Decimal("11.49")),
        "discounted": (2, 200, 50, 0, 150),
        "wrong": (1, 100, 10, 0, 90),
        "dated": (2, 16, 0, 8, 8),
        "waiting": (1, 0, 0, 0, 0),
        "in total": (1, 30, 0, 0, 30),
        "both": (2, 10, 0, 10, 0),
        "in parts": (1, 100, 0, 50, 50),
        "taken back": (1, 100, 0, 0, 100),
        "listed": (2, 100, 0, 22, 78),
        "sums up": (1, 119, 0, 0, 119),
    }
    counted = (
        "select count(*), count(*) filter (where is_sale), count(*) filter (where is_return) from marts.fct_orders"
    )
    assert shop.query(counted) == [(15, 14, 1)]


def test_each_refund_is_on_its_day_and_each_sale_on_that_of_its_order(shop: Platform) -> None:
    found = shop.query(
        "select day(revenue_date), sum(orders), sum(units), sum(returned_units), sum(gross_revenue), sum(refund) "
        "from metrics.daily_revenue group by 1 order by 1"
    )
    assert found == [
        (5, 3, 30, 1, 300, 5),
        (7, 0, 0, 0, 0, 42),
        (8, 0, 0, 0, 0, -5),
        (9, 0, 0, 0, 0, 30),
        (10, 3, 8, 0, 75, 0),
        (11, 1, Decimal("2.87"), 2, Decimal("11.49"), 10),
        (12, 0, 0, 1, 0, 10),
        (13, 0, 0, 1, 0, 10),
        (14, 2, 3, 0, 300, 0),
        (15, 4, 4, 2, 56, 18),
        (16, 1, 1, 0, 119, 0),
    ]


def test_a_line_keeps_its_own_discount_amount_and_product(shop: Platform) -> None:
    found = shop.query(
        "select order_id, product_id, quantity, unit_price, net_revenue from marts.fct_order_items "
        "where order_id in ('weighed', 'discounted') order by 1, 2"
    )
    assert [(name, product, *map(float, numbers)) for name, product, *numbers in found] == [
        ("discounted", "cup", 1, 100, 100),
        ("discounted", "tea", 1, 100, 50),
        ("weighed", "(not set)", 1.5, 4, 6),
        ("weighed", "cheese", 1.37, 4.0073, 5.49),
    ]


def test_customers_are_those_of_lines_and_guests_are_nobodys(shop: Platform) -> None:
    assert shop.query("select user_id, orders, net_revenue from metrics.customer_value order by 1") == [
        ("ann", 2, 25), ("bob", 3, Decimal("251.49")), ("cy", 4, 38), ("dee", 3, 228), ("eve", 1, 119),
    ]  # fmt: skip


def test_warnings_name_the_orders(shop: Platform) -> None:
    def told(check: str) -> list[str]:
        found = shop.query(f"select failing_examples from audit.dq_failures where check_name = '{check}'")
        return sorted(row["order_id"] for (examples,) in found for row in json.loads(examples))

    assert told("orders_reconcile_with_their_total") == ["wrong"]
    assert told("orders_have_their_lines_from_one_place") == ["both", "waiting"]


def test_every_accepted_row_is_staged_or_a_duplicate(shop: Platform) -> None:
    assert shop.query("select count(*) from staging.stg_order_items") == [(17,)]
    assert shop.query("select source, count(*) from staging.stg_duplicates group by 1 order by 1") == [
        ("order_items", 13), ("orders", 4),
    ]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("first", ["orders", "order_items"])
def test_whichever_comes_first_or_is_withdrawn_the_tables_are_the_same(
    shop: Platform, first: str, tmp_path: Path
) -> None:
    bit_by_bit = Platform(tmp_path / "shop", **shop.settings.model_dump(include={"start_date", "orders_without_lines"}),
                          field_maps={"order_items": MAP})  # fmt: skip
    wrong = ("order_items", LATER, "wrong.csv", HEADER + "split,,cup,9,5.00,,2025-01-08,ann,,\nwaiting,,tea,1,1,,,,,\n")
    for turn in (True, False):
        land(bit_by_bit, [file for file in [*FILES, wrong] if (file[0] == first) == turn])
        bit_by_bit.run()
    assert differences(bit_by_bit.tables(), shop.tables()).keys() >= {"marts.fct_orders", "marts.fct_order_items"}
    bit_by_bit.withdraw(*wrong[:3])
    assert not differences(bit_by_bit.tables(), shop.tables())
