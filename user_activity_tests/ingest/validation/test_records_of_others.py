"""Records as other systems write them: each is accepted with the right values, or rejected with a sentence that helps.

Each case stands for its kind; a value of None means that the record has no value in that column.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity.ingest.validation.read import SIGNATURES
from user_activity_tests.examples import examples
from user_activity_tests.ingest.conftest import DAY, Drop

EVENT = {"user_id": "u1", "event_type": "click", "event_at": "2026-01-05T10:00:00Z"}
USER = {"user_id": "u", "ts": "2026-01-05"}
PRODUCT = {"id": 1, "name": "n", "category": "c", "price": 1}
ORDER = {"order_id": "o1", "user_id": "u1", "order_at": "2026-01-05T10:00:00Z"} | {
    "items": [{"sku": "a", "qty": 1, "price": "5"}]
}


def accepted(drop: Drop, source: str, *records: dict[str, Any]) -> list[dict[str, Any]]:
    drop.lines("a.jsonl", records, source)
    rows = drop.rows(drop.ingest(source))
    assert not [bad.reasons for bad in drop.bad(source)]
    assert len(rows) == len(records)
    return rows


def refused(drop: Drop, source: str, record: dict[str, Any]) -> str:
    drop.lines("a.jsonl", [record], source)
    assert not drop.rows(drop.ingest(source))
    ((reason,),) = [bad.reasons for bad in drop.bad(source)]
    return reason


@pytest.mark.parametrize(
    ("given", "user"),
    [
        ({"user_id": "null"}, None),
        ({"user_id": " NULL "}, None),
        ({"user_id": "undefined"}, None),
        ({"user_id": "NaN"}, None),
        ({"user_id": "\\N"}, None),
        ({"user_id": "null", "userId": "u7"}, "u7"),
        ({"user_id": ["u1", "u2"]}, None),
        ({"user_id": {"name": "x"}}, None),
        ({"user_id": {}, "userId": "u7"}, None),
        ({"user": {"id": 9, "visits": 3}}, "9"),
        ({"user": "u8"}, "u8"),
        ({"user_id": 123.0}, "123"),
        ({"user_id": "123.0"}, "123"),
        ({"user_id": -7}, "-7"),
        ({"user_id": "1.50"}, "1.50"),
        ({"user_id": "{curly"}, "{curly"),
        ({"user_id": "[x]"}, "[x]"),
        ({"user_id": "nullable"}, "nullable"),
    ],
)
def test_who_acted(given: dict[str, Any], user: str | None, drop: Drop) -> None:
    record = {name: value for name, value in EVENT.items() if name != "user_id"} | given
    if user:
        assert accepted(drop, "events", record)[0]["user_id"] == user
    else:
        assert refused(drop, "events", record).startswith("user_id is ")


def test_one_id_is_one_user_whatever_its_type(drop: Drop) -> None:
    times = {"event_type": ["click"] * 2, "event_at": ["2026-01-05"] * 2}
    for name, kind in (("double", pa.float64()), ("float", pa.float32()), ("int", pa.int16()), ("text", pa.string())):
        pq.write_table(
            pa.table({"user_id": pa.array([123, 7], pa.int64()).cast(kind), **times}), drop.folder() / f"{name}.parquet"
        )
    drop.file("a.csv", "user_id,event_type,event_at\n123.0,click,2026-01-05\n7,click,2026-01-05\n")
    drop.lines("a.jsonl", [EVENT | {"user_id": 123}, EVENT | {"user_id": 7.0}])
    assert {row["user_id"] for row in drop.rows(drop.ingest())} == {"123", "7"}


@pytest.mark.parametrize(
    ("source", "record", "column", "rule"),
    [
        ("events", EVENT | {"quantity": "two"}, "quantity", "quantity_not_whole"),
        ("events", EVENT | {"value": "high"}, "revenue", "revenue_not_a_number"),
        ("events", EVENT | {"device": {"type": "mobile"}}, "device", "device_nested"),
        ("events", EVENT | {"session_id": ["s1", "s2"]}, "session_id", "session_id_nested"),
        ("orders", ORDER | {"payment_method": "barter"}, "payment_method", "payment_method_unknown"),
        ("users", USER | {"signup_date": "soon"}, "signed_up_at", "signed_up_at_not_a_time"),
        ("products", PRODUCT | {"active": "?"}, "is_active", "is_active_not_a_flag"),
    ],
)  # fmt: skip
def test_a_wrong_attribute_costs_no_record(
    source: str, record: dict[str, Any], column: str, rule: str, drop: Drop
) -> None:
    drop.lines("a.jsonl", [record | {"extra": 1}, record], source)
    result = drop.ingest(source)
    first, second = drop.rows(result)
    assert (first[column], second[column], drop.bad(source)) == (None, None, [])
    assert result.warnings_by_rule == {rule: 2}
    given = next(value for value in reversed(record.values()))
    text = given if isinstance(given, str) else json.dumps(given, separators=(",", ":"))
    assert json.loads(first["properties"]) == {"extra": "1", "_set_aside": {column: {"rule": rule, "text": text}}}
    assert json.loads(second["properties"]).keys() == {"_set_aside"}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (ORDER | {"discount": "much"}, "discount is much: must be a number"),
        (ORDER | {"refund": -5}, "refund is -5: must be 0 or more"),
        (ORDER | {"refunded_at": "soon"}, "refunded_at is 'soon'"),
        (ORDER | {"status": "lost", "payment_method": "barter"}, "status is 'lost'"),
        (ORDER | {"currency": "ZZZ"}, "currency is 'ZZZ'"),
    ],
)
def test_a_wrong_amount_or_status_of_an_order_rejects_it(record: dict[str, Any], reason: str, drop: Drop) -> None:
    drop.lines("a.jsonl", [record], "orders")
    assert not drop.rows(drop.ingest("orders"))
    assert drop.bad("orders")[0].reasons[0].startswith(reason)


@pytest.mark.parametrize("style", ["Product Viewed", "product viewed", "PRODUCT_VIEWED", "productViewed"])
def test_names_are_compared_without_style_and_kept_as_the_setting_has_them(style: str, tmp_path: Path) -> None:
    drop = Drop(tmp_path, event_types="Product Viewed,Order Completed,Page View")
    (row,) = accepted(drop, "events", EVENT | {"event_type": style})
    assert row["event_type"] == "Product Viewed"


def test_built_in_names_are_spelled_as_the_models_spell_them(tmp_path: Path) -> None:
    drop = Drop(tmp_path, event_types="Page View,Add-To-Cart")
    rows = accepted(drop, "events", EVENT | {"event_type": "pageview"}, EVENT | {"event_type": "addToCart"})
    assert [row["event_type"] for row in rows] == ["page_view", "add_to_cart"]


def test_a_star_takes_every_name(tmp_path: Path) -> None:
    drop = Drop(tmp_path, event_types="*")
    rows = accepted(drop, "events", EVENT | {"event_type": "Wheel Spun"}, EVENT | {"event_type": "x"})
    assert [row["event_type"] for row in rows] == ["Wheel Spun", "x"]


@pytest.mark.parametrize(
    ("zone", "text", "moment"),
    [
        ("America/New_York", "2026-01-05", datetime(2026, 1, 5, 5)),
        ("America/New_York", "20260105", datetime(2026, 1, 5, 5)),
        ("Asia/Kolkata", "2026-01-05", datetime(2026, 1, 4, 18, 30)),
        ("America/New_York", "2026-01-05T00:00:00", datetime(2026, 1, 5)),
        ("UTC", "2026-01-05", datetime(2026, 1, 5)),
    ],
)
def test_a_date_is_a_day_of_the_reporting_time_zone(zone: str, text: str, moment: datetime, tmp_path: Path) -> None:
    drop = Drop(tmp_path, timezone=zone)
    assert accepted(drop, "orders", ORDER | {"order_at": text})[0]["order_at"] == moment


@pytest.mark.parametrize(
    ("zone", "text", "is_accepted"),
    [
        ("America/New_York", "2026-01-05T04:59:59.999999Z", False),
        ("America/New_York", "2026-01-05T05:00:00Z", True),
        ("America/New_York", "2026-01-07T04:59:59Z", True),
        ("America/New_York", "2026-01-07T05:00:00Z", False),
        ("Asia/Tokyo", "2026-01-04T14:59:59Z", False),
        ("Asia/Tokyo", "2026-01-04T15:00:00Z", True),
        ("Asia/Tokyo", "2026-01-06T14:59:59Z", True),
        ("Asia/Tokyo", "2026-01-06T15:00:00Z", False),
    ],
)
def test_the_first_and_last_day_are_days_of_the_reporting_time_zone(
    zone: str, text: str, is_accepted: bool, tmp_path: Path
) -> None:
    drop = Drop(tmp_path, timezone=zone, start_date=DAY)
    drop.lines("a.jsonl", [EVENT | {"event_at": text}])
    assert len(drop.rows(drop.ingest())) == is_accepted


FIELDS = st.sampled_from(
    ["user_id", "visitor_id", "visitor", "visitor.id", "user", "user.id", "id", "ID", "Visitor.id", "x", "metadata"]
)
VALUES = st.one_of(
    st.sampled_from(["ann", "null", "", 7, 7.0, None]),
    st.fixed_dictionaries({"id": st.sampled_from(["bob", 1, None, "null"]), "device": st.just("tv")}),
)


@pytest.mark.law
@pytest.mark.parametrize("mapped", [None, "visitor.id", ["visitor.id", "user", "id"]])
def test_a_record_alone_and_in_any_batch_is_the_same(mapped: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The keys of other records, wherever they stand in a file or a run, decide nothing."""

    def rows_of(records: list[dict[str, Any]], files: int) -> dict[str, Any]:
        maps = {"events": {"user_id": mapped}} if mapped else {}
        drop = Drop(tmp_path_factory.mktemp("shop"), field_maps=maps)
        for number in range(files):
            drop.lines(f"{number}.jsonl", records[number::files])
        result = drop.ingest()
        found = {row["page_url"]: (row["user_id"], row["device"], row["properties"]) for row in drop.rows(result)}
        return found | {json.loads(bad.record or "").get("page_url"): bad.reasons for bad in drop.bad()}

    @examples(quick=2, all=8, nightly=300)
    @given(st.lists(st.dictionaries(FIELDS, VALUES, max_size=5), min_size=2, max_size=4))
    def check(drawn: list[dict[str, Any]]) -> None:
        base = {"event_type": "click", "event_at": "2026-01-05"}
        records = [{**record, **base, "page_url": f"/{at}"} for at, record in enumerate(drawn)]
        alone: dict[str, Any] = {}
        for record in records:
            alone |= rows_of([record], 1)
        # So many other lists of keys that these records' own are none of the usual ones, which are read another way.
        others = [{**base, "user_id": "u", f"key{at}": 1} for at in range(SIGNATURES)] * 2
        assert rows_of(records, 1) == rows_of(records[::-1], 2) == alone
        assert alone.items() <= rows_of(others + records, 1).items()

    check()
