"""Names of one's own count as ours in every figure, and orders without ids are counted once."""

from datetime import date
from decimal import Decimal

import pytest

from user_activity_tests.platform import Platform

MAPS = {
    "events": {"roles": {"page_view": "page", "product_view": "view", "add_to_cart": "cart", "purchase": "BUY"}},
    "orders": {
        "file": {"separator": "blanks", "header": ["customer", "date", "total", "state"], "decimal": ","},
        "identity": ["user_id", "order_at"],
        "statuses": {"cancelled": "annulé"},
        "order_at": "date",
    },
}
CLICKS = "user_id,session_id,action,ts,product_id,amount\n" + "".join(
    f"{user},{user},{action},2025-01-10T10:0{minute}:00Z,tea,{amount}\n"
    for user, minute, action, amount in (
        ("ann", 0, "page", ""), ("ann", 1, "view", ""), ("ann", 2, "cart", ""), ("ann", 3, "buy", "5"),
        ("ann", 4, "page", ""), ("bob", 0, "page", ""),
    )
)  # fmt: skip
ORDERS = " ann 20250110 1.234,50 paid\n ann 20250110 1.234,50 paid\n bob 20250110 10,00 annulé\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    platform = Platform(
        tmp_path_factory.mktemp("shop") / "data", start_date=date(2025, 1, 1), orders_without_lines=True,
        event_types="page,view,cart,BUY", field_maps=MAPS,
    )  # fmt: skip
    platform.drop("events", date(2025, 1, 10), "clicks.csv", CLICKS.encode())
    for day in (10, 11):
        platform.drop("orders", date(2025, 1, day), "orders.txt", ORDERS.encode())
    platform.run()
    return platform


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("select step, sum(reached_users) from metrics.funnel group by step order by step", [(1, 2), (2, 1), (3, 1)]),
        ("select user_id, furthest_step from marts.fct_conversions order by 1", [("ann", "purchase"), ("bob", "view")]),
        (
            "select page_view_count, viewed_product_count, purchase_count, is_bounce from marts.fct_sessions "
            "order by 1",
            [(1, 0, 0, True), (2, 1, 1, False)],
        ),
        ("select sum(gross_revenue), count(*) from marts.fct_orders where is_sale", [(Decimal(2469), 2)]),
        ("select count(*) from marts.fct_orders", [(3,)]),
    ],
)
def test_figures_count_what_names_mean(sql: str, rows: list[tuple[object, ...]], shop: Platform) -> None:
    assert shop.query(sql) == rows
