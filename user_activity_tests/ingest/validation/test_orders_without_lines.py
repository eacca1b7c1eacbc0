"""Orders of which only the total is known, and lines without a product."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from user_activity_tests.ingest.conftest import Drop

ORDER = {"order_id": "o1", "user_id": "u1", "order_at": "2026-01-05T10:00:00Z"}
LINE = {"quantity": 2, "unit_price": "3"}


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    return Drop(tmp_path, orders_without_lines=True)


def only(drop: Drop) -> dict[str, Any]:
    (row,) = drop.rows(drop.ingest("orders"))
    return row


@pytest.mark.parametrize("total", [{"total": "12.5"}, {"total": "-7"}, {}])
def test_an_order_may_have_its_lines_elsewhere_in_every_format(total: dict[str, str], drop: Drop) -> None:
    record = ORDER | total
    drop.file("a.csv", ",".join(record) + "\n" + ",".join(record.values()) + "\n", "orders")
    drop.file("b.jsonl", json.dumps(record | {"order_id": "o2", "line_items": None}) + "\n", "orders")
    drop.file("c.json", json.dumps([record | {"order_id": "o3", "lines": []}]), "orders")
    rows = drop.rows(drop.ingest("orders"))
    assert [(row["items"], str(row["revenue"] or "")) for row in rows] == [
        (None, f"{Decimal(total['total']):.4f}" if total else "")
    ] * 3


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"total": "much"}, "revenue is much: must be a number"),
        ({"total": 5, "items": "tea"}, "items is 'tea': must be a JSON list"),
        ({"total": 5, "items": [{"title": "Tea"} | LINE]}, "line 1: product_id is missing"),
    ],
)
def test_a_wrong_total_or_wrong_lines_reject_the_order(more: dict[str, Any], reason: str, drop: Drop) -> None:
    drop.lines("a.jsonl", [ORDER | more], "orders")
    assert not drop.rows(drop.ingest("orders"))
    assert reason in drop.bad("orders")[0].reasons[0]


@pytest.mark.parametrize("lines", [{}, {"items": None}])
def test_they_are_rejected_where_records_may_be_lines(lines: dict[str, Any], tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    drop.lines("a.jsonl", [ORDER | {"total": 5, "sku": sku} | lines for sku in ("tea", "cup")], "orders")
    assert not drop.rows(drop.ingest("orders"))
    reasons = {reason for bad in drop.bad("orders") for reason in bad.reasons}
    assert reasons == {
        "items is missing: if each record is a whole order, or its lines are files of order_items, "
        "set USER_ACTIVITY_ORDERS_WITHOUT_LINES=true"
    }


@pytest.mark.parametrize("product", [{"product_id": None}, {"sku": ""}, {"product_id": None, "sku": " "}])
def test_a_line_whose_product_is_blank_has_none(product: dict[str, Any], drop: Drop) -> None:
    drop.lines("a.jsonl", [ORDER | {"items": [product | LINE | {"title": "Gift"}]}], "orders")
    (line,) = json.loads(only(drop)["items"])
    assert line == {"product_id": "(not set)", "quantity": 2, "unit_price": "3.0000", "title": "Gift"}
