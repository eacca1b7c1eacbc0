"""A field map makes any team's logs load: a mapped column takes what the map says, and nothing else."""

import json
from pathlib import Path

import pytest

from user_activity.ingest.partition.recipe import recipe
from user_activity.ingest.validation.field_maps import FieldMapRejected
from user_activity.orchestration.assembly import assemble
from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity_tests.ingest.conftest import Drop

LOG = "user_id,session_id,event,timestamp,platform,acquisition_channel\nu1,s1,home,2026-01-05 10:21:14,desktop,email\n"
MAP = {"event_type": "event", "device": "platform", "channel": "acquisition_channel"}


def test_a_real_users_csv_loads_by_map_and_catalogue(tmp_path: Path) -> None:
    drop = Drop(tmp_path, field_maps={"events": MAP}, event_types="home")
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
        field_maps={
            "events": {
                "event_id": "no_such_field",
                "user_id": "actor.account.id",
                "country": {"const": "SE"},
                "quantity": {"const": 2},
                "page_url": "dotted.name",
            }
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


@pytest.mark.parametrize(
    ("field_maps", "says"),
    [
        (
            {"user": {"name": "nick"}},
            "USER_ACTIVITY_FIELD_MAPS names the source 'user': "
            "the nearest is 'users', all are events, order_items, orders, products, reviews, users.",
        ),
        (
            {"users": {"emails": "addresses"}},
            "USER_ACTIVITY_FIELD_MAPS maps the column 'emails' of users: the nearest is 'email', all are user_id, ",
        ),
    ],
)
def test_a_map_that_names_no_source_or_column_says_the_nearest(
    tmp_path: Path, field_maps: dict[str, dict[str, str]], says: str
) -> None:
    drop = Drop(tmp_path, field_maps=field_maps)
    with pytest.raises(FieldMapRejected, match=says):
        drop.ingest("users")
    with pytest.raises(FieldMapRejected, match=says):
        assemble(drop.settings)


def test_a_map_of_one_source_leaves_what_others_have_ingested(tmp_path: Path) -> None:
    alone, together = {"users": {"name": "nick"}}, {"users": {"name": "nick"}, "reviews": {"title": "subject_line"}}
    one, other = Settings(_env_file=None, field_maps=alone), Settings(_env_file=None, field_maps=together)
    assert recipe(SOURCES["users"], one) == recipe(SOURCES["users"], other)
    assert recipe(SOURCES["reviews"], one) != recipe(SOURCES["reviews"], other)


def test_every_source_has_a_map(tmp_path: Path) -> None:
    drop = Drop(tmp_path, field_maps={"reviews": {"rating": "points"}, "orders": {"items": "cart"}})
    drop.lines(
        "a.jsonl", [{"user_id": "u", "product_id": "p", "points": 4, "rating": 99, "ts": "2026-01-05"}], "reviews"
    )
    cart = [{"sku": "a", "qty": 1, "price": 2}]
    drop.lines("a.jsonl", [{"order_id": "o", "user_id": "u", "ts": "2026-01-05", "cart": cart, "items": "x"}], "orders")
    assert drop.rows(drop.ingest("reviews"))[0]["rating"] == 4
    assert drop.rows(drop.ingest("orders"))[0]["items"] == '[{"product_id":"a","quantity":1,"unit_price":"2.0000"}]'
