"""Names that stand for ours: the map of their source says for which, and the original one is kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from user_activity_tests.ingest.conftest import Drop

ROLES = {"product_view": ["view", "Produkt angesehen"], "add_to_cart": "cart", "purchase": ["BUY", "order_completed"]}
AT = "2026-01-05T10:00:00Z"


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("view", "product_view"), ("VIEW", "product_view"), ("produkt-ANGESEHEN", "product_view"),
        ("cart", "add_to_cart"), ("buy", "purchase"), ("Order Completed", "purchase"), ("purchase", "purchase"),
        ("wish", "wish"), ("carts", None),
    ],
)  # fmt: skip
def test_an_event_type_stands_for_its_role(name: str, stored: str | None, form: str, tmp_path: Path) -> None:
    drop = Drop(tmp_path, event_types="view,cart,purchase,wish", field_maps={"events": {"roles": ROLES}})
    if form == "csv":
        drop.file("a.csv", f"user_id,action,ts,x\nu,{name},{AT},1\n")
    else:
        drop.lines("a.jsonl", [{"user_id": "u", "action": name, "ts": AT, "x": 1}])
    found = [(row["event_type"], json.loads(row["properties"])) for row in drop.rows(drop.ingest())]
    kept: dict[str, Any] = {} if name == stored else {"_original": {"event_type": name}}
    assert found == ([(stored, {"x": "1"} | kept)] if stored else [])
    assert len(drop.bad()) == (stored is None)


def test_without_other_properties_the_original_name_is_the_only_one(tmp_path: Path) -> None:
    drop = Drop(tmp_path, field_maps={"events": {"roles": ROLES}})
    drop.file("a.csv", f"user_id,action,ts\nu,view,{AT}\nu,click,{AT}\n")
    properties = [row["properties"] for row in drop.rows(drop.ingest())]
    assert properties == ['{"_original":{"event_type":"view"}}', None]


def test_a_status_stands_for_ours_even_where_ours_is_not_listed(tmp_path: Path) -> None:
    statuses = {"cancelled": ["voided", "annulé"], "refunded": "erstattet"}
    drop = Drop(
        tmp_path, orders_without_lines=True, order_statuses="voided,open",
        field_maps={"orders": {"statuses": statuses}},
    )  # fmt: skip
    names = ["voided", "ANNULÉ", "erstattet", "open", "paid"]
    drop.file(
        "a.csv", "id,user,ts,status\n" + "".join(f"{n},u,{AT},{name}\n" for n, name in enumerate(names)), "orders"
    )
    assert [row["status"] for row in drop.rows(drop.ingest("orders"))] == ["cancelled", "cancelled", "refunded", "open"]
    assert [bad.rules for bad in drop.bad("orders")] == [("status_unknown",)]


def test_values_of_the_origin_are_replaced_first(tmp_path: Path) -> None:
    origin = {"field": "code", "values": {"1": "view", "2": "click"}}
    drop = Drop(tmp_path, field_maps={"events": {"roles": ROLES, "event_type": origin}})
    drop.lines("a.jsonl", [{"user_id": "u", "code": code, "ts": AT} for code in (1, 2)])
    assert [row["event_type"] for row in drop.rows(drop.ingest())] == ["product_view", "click"]


def test_other_roles_read_all_files_of_the_source_again(tmp_path: Path) -> None:
    drop = Drop(tmp_path, event_types="view")
    drop.file("a.csv", f"user_id,action,ts\nu,view,{AT}\n")
    assert drop.rows(drop.ingest())[0]["event_type"] == "view"
    drop = Drop(tmp_path, event_types="view", field_maps={"events": {"roles": ROLES}})
    assert drop.rows(drop.ingest())[0]["event_type"] == "product_view"
