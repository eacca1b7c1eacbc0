"""Orders of which only the total is known, and lines without a product."""

import json
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


def one_line(price: str) -> list[dict[str, Any]]:
    return [{"product_id": "(not set)", "quantity": 1, "unit_price": price}]


@pytest.mark.parametrize(
    ("total", "price"),
    [("12.5", "12.5000"), ("0", "0.0000"), ("1e2", "100.0000"), (" 7 ", "7.0000"), ("0.00005", "0.0001"),
     ("99999999999999.9999", "99999999999999.9999")],
)  # fmt: skip
def test_the_total_is_their_one_line_in_every_format(total: str, price: str, drop: Drop) -> None:
    record = ORDER | {"total": total}
    drop.file("a.csv", ",".join(record) + "\n" + ",".join(record.values()) + "\n", "orders")
    drop.file("b.jsonl", json.dumps(record | {"order_id": "o2", "line_items": None}) + "\n", "orders")
    drop.file("c.json", json.dumps([record | {"order_id": "o3", "lines": []}]), "orders")
    rows = drop.rows(drop.ingest("orders"))
    assert [json.loads(row["items"]) for row in rows] == [one_line(price)] * 3
    assert {row["items"] for row in rows} == {rows[0]["items"]}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, "items is missing: give the lines, or the total with"),
        ({"items": []}, "items is '[]': must be a JSON list of at least one order line"),
        ({"total": "much"}, "revenue is much: must be a number"),
        ({"total": 5, "items": "tea"}, "items is 'tea': must be a JSON list"),
        ({"total": 5, "items": [{"title": "Tea"} | LINE]}, "line 1: product_id is missing"),
    ],
)
def test_neither_lines_nor_total_or_a_wrong_one_rejects_the_order(
    more: dict[str, Any], reason: str, drop: Drop
) -> None:
    drop.lines("a.jsonl", [ORDER | more], "orders")
    assert not drop.rows(drop.ingest("orders"))
    assert reason in drop.bad("orders")[0].reasons[0]


@pytest.mark.parametrize("lines", [{}, {"items": None}])
def test_they_are_rejected_where_records_may_be_lines(lines: dict[str, Any], tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    drop.lines("a.jsonl", [ORDER | {"total": 5, "sku": sku} | lines for sku in ("tea", "cup")], "orders")
    assert not drop.rows(drop.ingest("orders"))
    reasons = {reason for bad in drop.bad("orders") for reason in bad.reasons}
    assert reasons == {"items is missing: if each record is a whole order, set USER_ACTIVITY_ORDERS_WITHOUT_LINES=true"}


@pytest.mark.parametrize("product", [{"product_id": None}, {"sku": ""}, {"product_id": None, "sku": " "}])
def test_a_line_whose_product_is_blank_has_none(product: dict[str, Any], drop: Drop) -> None:
    drop.lines("a.jsonl", [ORDER | {"items": [product | LINE | {"title": "Gift"}]}], "orders")
    (line,) = json.loads(only(drop)["items"])
    assert line == {"product_id": "(not set)", "quantity": 2, "unit_price": "3.0000", "title": "Gift"}
