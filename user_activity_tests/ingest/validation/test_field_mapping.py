"""A field map makes any team's logs load: a mapped column takes what the map says, and nothing else."""

import json
from pathlib import Path

import pytest

from user_activity_tests.ingest.conftest import Drop

LOG = "user_id,session_id,event,timestamp,platform,acquisition_channel\nu1,s1,home,2026-01-05 10:21:14,desktop,email\n"
MAP = {"event_type": "event", "device": "platform", "channel": "acquisition_channel"}


def test_a_real_users_csv_loads_by_map_and_catalogue(tmp_path: Path) -> None:
    drop = Drop(tmp_path, events_field_map=MAP, event_types="home")
    drop.file("a.csv", LOG)
    (row,) = drop.rows(drop.ingest())
    assert (row["event_type"], row["device"], row["channel"], row["session_id"], row["properties"]) == (
        "home",
        "desktop",
        "email",
        "s1",
        None,
    )


def test_a_map_renames_ignores_reaches_inside_and_fixes(tmp_path: Path) -> None:
    drop = Drop(
        tmp_path,
        events_field_map={
            "event_id": "no_such_field",
            "user_id": "actor.account.id",
            "country": {"const": "SE"},
            "quantity": {"const": 2},
            "page_url": "dotted.name",
        },
    )
    drop.lines(
        "a.jsonl",
        [
            {
                "id": "ignored",
                "actor": {"account": {"id": 9}},
                "user_id": "not me",
                "event": "click",
                "ts": "2026-01-05",
                "url": "no",
                "country": "DE",
                "dotted.name": "/literal",
            }
        ],
    )
    (row,) = drop.rows(drop.ingest())
    assert (row["user_id"], row["country"], row["quantity"]) == ("9", "SE", 2)
    assert row["event_id"].endswith("-1")
    assert json.loads(row["properties"]).keys() >= {"id", "user_id", "country", "url", "actor"}


def test_a_csv_header_with_a_dot_is_a_name(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    drop.file("a.csv", "user_id,event,ts,metadata.device\nu,click,2026-01-05,mobile\n")
    (row,) = drop.rows(drop.ingest())
    assert (row["device"], row["properties"]) == ("mobile", None)


def test_a_map_to_a_column_that_does_not_exist_says_so(tmp_path: Path) -> None:
    drop = Drop(tmp_path, users_field_map={"nickname": "nick"})
    with pytest.raises(
        ValueError, match=r"USER_ACTIVITY_USERS_FIELD_MAP maps nickname: the columns of users are user_id"
    ):
        drop.ingest("users")


def test_every_source_has_a_map(tmp_path: Path) -> None:
    drop = Drop(tmp_path, reviews_field_map={"rating": "points"}, orders_field_map={"items": "cart"})
    drop.lines(
        "a.jsonl", [{"user_id": "u", "product_id": "p", "points": 4, "rating": 99, "ts": "2026-01-05"}], "reviews"
    )
    cart = [{"sku": "a", "qty": 1, "price": 2}]
    drop.lines("a.jsonl", [{"order_id": "o", "user_id": "u", "ts": "2026-01-05", "cart": cart, "items": "x"}], "orders")
    assert drop.rows(drop.ingest("reviews"))[0]["rating"] == 4
    assert drop.rows(drop.ingest("orders"))[0]["items"] == '[{"product_id":"a","quantity":1,"unit_price":"2.0000"}]'
