"""Order lines in files of their own: what makes a line that line, prices, quantities and times; refunds of orders."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from user_activity.sources.contracts.items import NO_PRODUCT
from user_activity_tests.ingest.conftest import DAY, Drop

ROOT = Path(__file__).resolve().parents[3]
LINE = {"order_id": "o1", "product_id": "tea", "quantity": 1, "unit_price": "3", "order_at": "2026-01-05T10:00:00Z"}
ORDER = {"order_id": "o1", "order_at": "2026-01-05T10:00:00Z", "items": [LINE]}


def ingested(drop: Drop, *lines: dict[str, Any], name: str = "a.jsonl", day: date = DAY) -> list[dict[str, Any]]:
    drop.lines(name, lines, "order_items", day)
    result = drop.ingest("order_items", day)
    return [row for row in drop.rows(result) if row["_source_file"].endswith(name)]


def refs(rows: list[dict[str, Any]]) -> list[str]:
    return [row["line_ref"] for row in rows]


def test_the_same_lines_are_the_same_in_every_file_and_two_of_a_product_are_two(drop: Drop) -> None:
    cup = LINE | {"product_id": "cup"}
    rows = ingested(drop, LINE, cup, LINE, LINE | {"order_id": "o2"}, LINE | {"quantity": -1})
    assert len(set(refs(rows))) == 5
    later = ingested(drop, cup, LINE | {"quantity": 2, "unit_price": 9}, LINE, name="b.jsonl", day=date(2026, 1, 6))
    assert refs(later) == [refs(rows)[1], refs(rows)[0], refs(rows)[2]]
    back = [LINE | {"quantity": -1, "order_at": f"2026-01-05T1{hour}:00:00Z"} for hour in (0, 1)]
    for number, ref in enumerate((refs(rows)[4], None)):
        (found,) = refs(ingested(drop, back[number], name=f"{number}.jsonl", day=date(2026, 1, 7 + number)))
        assert found == ref if ref else found not in refs(rows)


def test_a_line_id_names_the_line_and_its_returns_are_known_by_their_times(drop: Drop) -> None:
    numbered = LINE | {"line_id": 7}
    back = numbered | {"quantity": "-0.5"}
    rows = ingested(
        drop, numbered, numbered | {"product_id": "cup"}, back, back | {"order_at": "2026-01-05T11:00:00Z"},
        numbered | {"unit_price": -3}, {key: value for key, value in back.items() if key != "order_at"},
    )  # fmt: skip
    at = 1767607200000000
    assert refs(rows) == [
        "7",
        "7",
        f"7 returned {at}",
        f"7 returned {at + 3600000000}",
        f"7 returned {at}",
        "7 returned ",
    ]


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
        ({"quantity": "1.5"}, "quantity", "1.5000"),
        ({"quantity": None}, "quantity", "1.0000"),
        ({"quantity": 0}, "quantity", "0.0000"),
        ({"product_id": " "}, "product_id", NO_PRODUCT),
        ({"unit_price": None, "amount": "-5.49"}, "amount", "-5.4900"),
        ({"order_at": None}, "dated_at", "2026-01-05 00:00:00"),
        ({"order_at": None}, "order_at", "None"),
        ({"order_at": "2026-01-04"}, "dated_at", "2026-01-04 00:00:00"),
    ],
)
def test_a_line_may_leave_out_what_follows_from_the_rest(
    changes: dict[str, Any], column: str, value: str, drop: Drop
) -> None:
    (row,) = ingested(drop, LINE | changes)
    assert str(row[column]) == value


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"unit_price": None}, "unit_price is missing: give the price of one unit, or amount"),
        ({"order_id": None}, "order_id is missing"),
        ({"quantity": "two"}, "quantity is two: must be a number"),
        ({"order_at": "soon"}, "order_at is 'soon': must be a time"),
    ],
)
def test_what_is_wrong_is_one_sentence(changes: dict[str, Any], reason: str, drop: Drop) -> None:
    assert not ingested(drop, LINE | changes)
    assert drop.bad("order_items")[0].reasons[0].startswith(reason)


@pytest.mark.parametrize(
    ("refunds", "kept"),
    [
        ([], []),
        ([{"amount": 5}], [{"amount": "5.0000"}]),
        ([{"id": 1, "reason": "", "total": "-5.00"}], [{"amount": "5.0000"}]),
        (
            [{"id": 1, "created_at": "2026-01-07T10:00:00+01:00", "transactions": [
                {"kind": "refund", "status": "success", "amount": "2.50"}, {"kind": "refund", "amount": 1},
                {"kind": "void", "amount": 9}, {"kind": "refund", "status": "failure", "amount": 9},
            ]}],
            [{"amount": "3.5000", "refunded_at": "2026-01-07T09:00:00"}],
        ),
    ],
)  # fmt: skip
def test_refunds_are_a_list_of_amounts_and_times(refunds: list[Any], kept: list[Any], drop: Drop) -> None:
    drop.lines("a.jsonl", [ORDER | {"refunds": refunds}], "orders")
    (row,) = drop.rows(drop.ingest("orders"))
    assert json.loads(row["refunds"]) == kept
    assert row["order_at"] == datetime(2026, 1, 5, 10)


@pytest.mark.parametrize(
    "refunds", ["5", [5], [{"at": "2026-01-07"}], [{"amount": -1}], [{"amount": 5, "date": "soon"}]]
)
def test_a_wrong_list_of_refunds_is_set_aside(refunds: Any, drop: Drop) -> None:
    drop.lines("a.jsonl", [ORDER | {"refunds": refunds}], "orders")
    result = drop.ingest("orders")
    (row,) = drop.rows(result)
    assert row["refunds"] is None
    assert set(result.warnings_by_rule) <= {"refunds_not_a_list", "refunds_bad_refund"}
    assert sum(result.warnings_by_rule.values()) == 1


def test_models_call_a_line_without_a_product_as_contracts_do() -> None:
    macro = (ROOT / "sql/macros/rules/order_lines.sql").read_text()
    assert f"{{% macro no_product() -%}}\n    '{NO_PRODUCT}'\n" in macro
