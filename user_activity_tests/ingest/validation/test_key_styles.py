"""Keys of JSON records that are written another way are columns, as those of a CSV are."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity_tests.examples import histories_drawn
from user_activity_tests.ingest.conftest import Drop

EVENT = {"user_id": "u", "event_type": "click", "event_at": "2026-01-05T10:00:00Z"}


def taken(drop: Drop, records: list[dict[str, Any]], name: str = "a.jsonl") -> list[tuple[Any, ...]]:
    drop.lines(name, records)
    rows = drop.rows(drop.ingest())
    assert drop.bad() == []
    return [(row["user_id"], row["session_id"], row["device"], row["quantity"], row["properties"]) for row in rows]


@pytest.mark.parametrize(
    ("record", "user", "rest"),
    [
        ({"User ID": "a"}, "a", None),
        ({"user-id": "a"}, "a", None),
        ({"USERID": "a", "x": [1]}, "a", {"x": [1]}),
        ({"Visitor-Id": "a"}, "a", None),
        ({"user_id": "a", "User ID": "b"}, "a", {"User ID": "b"}),
        ({"customer_id": "a", "User ID": "b"}, "a", {"User ID": "b"}),
        ({"User ID": "a", "user-id": "b"}, "a", {"user-id": "b"}),
        ({"User": {"id": 7}}, "7", {"User": {"id": "7"}}),
        ({"user_id": None, "User ID": "b", "customer_id": "c"}, "c", {"User ID": "b"}),
    ],
)
def test_a_key_written_another_way_is_its_column(
    record: dict[str, Any], user: str, rest: dict[str, Any] | None, tmp_path: Path
) -> None:
    others = {"Event Type": "click", "eventAt": "2026-01-05", "SessionID": 1.50, "Metadata": {"device": "tv"}, "qty": 2}
    ((user_id, session, device, quantity, properties),) = taken(Drop(tmp_path), [record | others])
    assert (user_id, session, device, quantity) == (user, "1.5", "tv", 2)
    found = json.loads(properties or "{}")
    found.pop("metadata", None)
    assert found.keys() == {("user" if name == "User" else name) for name in rest or {}}


STYLES = ["user_id", "userId", "User ID", "user-id", "USER_ID", "customer_id", "Customer Id", "visitor-id"]
RECORD = st.tuples(
    st.lists(st.sampled_from(STYLES), min_size=1, max_size=3, unique=True),
    st.lists(
        st.sampled_from(["Session", "sessionId", "Metadata", "metadata", "other", "Überall"]), max_size=3, unique=True
    ),
)


@pytest.mark.law
@histories_drawn(quick=3, all=15, nightly=100)
@given(shapes=st.lists(RECORD, min_size=2, max_size=5))
def test_a_record_is_read_alike_alone_and_among_others(
    shapes: list[tuple[list[str], list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    rest = {"event_type": "click", "event_at": "2026-01-05"}
    records = [
        {name: f"{name} {number}" for number, name in enumerate([*users, *others])} | rest for users, others in shapes
    ]
    together = taken(Drop(tmp_path_factory.mktemp("together")), records)
    many = taken(Drop(tmp_path_factory.mktemp("many")), [*records, *[EVENT] * 200])[: len(records)]
    each = [taken(Drop(tmp_path_factory.mktemp("one")), [record])[0] for record in records]
    assert together == each == many


def test_records_in_an_envelope_may_have_other_styles(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    record = {"User ID": "u", "Event Type": "click", "Event At": "2026-01-05"}
    drop.file("a.json", json.dumps({"data": [record, record], "next": 2}))
    assert drop.ingest().rows_accepted == 2
