"""Columns are found under their names in another writing: case, blanks, hyphens and underscores."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from user_activity_tests.ingest.conftest import Drop
from user_activity_tests.ingest.readers.test_formats import as_csv


def as_parquet(records: list[dict[str, Any]]) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table({name: [record[name] for record in records] for name in records[0]}), target)
    return target.getvalue()


WRITERS = {"a.csv": as_csv, "a.parquet": as_parquet}

#: The fields of a record, what its columns hold, and what is left over.
WRITINGS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = {
    "case": ({"USER_ID": "u", "Event_Type": "click", "TS": "2026-01-05"}, {"user_id": "u"}, None),
    "blanks": ({"user id": "u", " event type ": "click", "Time Stamp": "2026-01-05"}, {"user_id": "u"}, None),
    "hyphens": ({"User-Id": "u", "event-type": "click", "event-at": "2026-01-05"}, {"user_id": "u"}, None),
    "camel case": ({"userId": "u", "EventType": "click", "EventAt": "2026-01-05"}, {"user_id": "u"}, None),
    "other names": (
        {"Customer ID": "u", "Action": "click", "Time": "2026-01-05", "Page-Url": "/x", "Foo": "bar"},
        {"user_id": "u", "page_url": "/x"},
        {"Foo": "bar"},
    ),
    "the exact name wins": (
        {"User_ID": "no", "user_id": "u", "event": "click", "ts": "2026-01-05"},
        {"user_id": "u"},
        {"User_ID": "no"},
    ),
    "it wins where it is blank": (
        {"User_ID": "no", "user_id": "u", "event": "click", "ts": "2026-01-05", "session_id": " ", "Session ID": "s"},
        {"user_id": "u", "session_id": None},
        {"User_ID": "no", "Session ID": "s"},
    ),
    "the exact name of another spelling wins": (
        {"User_ID": "no", "customer_id": "u", "event": "click", "ts": "2026-01-05"},
        {"user_id": "u"},
        {"User_ID": "no"},
    ),
    "the first of two": (
        {"User ID": "u", "USER-ID": "no", "event": "click", "ts": "2026-01-05"},
        {"user_id": "u"},
        {"USER-ID": "no"},
    ),
    "a field belongs to the column that has its name": (
        {"user_id": "u", "Event_ID": "e", "event": "click", "ts": "2026-01-05", "id": "e2"},
        {"user_id": "u", "event_id": "e2"},
        {"Event_ID": "e"},
    ),
    "inside an object": (
        {"user_id": "u", "event": "click", "ts": "2026-01-05", "MetaData": '{"device": "tv"}', "Properties.OS": "x"},
        {"device": "tv", "os": "x"},
        {"MetaData": {"device": "tv"}},
    ),
    "an id of the quarantine is no other field": (
        {"user_id": "u", "event": "click", "ts": "2026-01-05", "Quarantine ID": "7"},
        {"user_id": "u"},
        {"Quarantine ID": "7"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("writing", WRITINGS)
def test_a_column_is_found_however_its_name_is_written(writing: str, name: str, drop: Drop) -> None:
    record, columns, left = WRITINGS[writing]
    drop.file(name, WRITERS[name]([record]))
    result = drop.ingest()
    assert [bad.reasons for bad in drop.bad()] == []
    (row,) = drop.rows(result)
    assert {column: row[column] for column in columns} == columns
    properties = json.loads(row["properties"]) if row["properties"] else None
    assert properties == left


@pytest.mark.parametrize("name", WRITERS)
def test_a_field_map_finds_its_fields_in_another_writing_and_nothing_else(name: str, tmp_path: Path) -> None:
    drop = Drop(tmp_path, field_maps={"events": {"user_id": "Visitor Nr", "page_url": "no_such_field"}})
    record = {"visitor_nr": "u", "User_ID": "no", "event": "click", "ts": "2026-01-05", "URL": "/x"}
    drop.file(name, WRITERS[name]([record]))
    (row,) = drop.rows(drop.ingest())
    assert (row["user_id"], row["page_url"]) == ("u", None)
    assert json.loads(row["properties"]) == {"User_ID": "no", "URL": "/x"}


def test_typed_columns_of_parquet_are_found_too(drop: Drop) -> None:
    moment = pa.array([1767607200_000000], pa.timestamp("us"))
    table = pa.table({"User ID": [7], "EVENT": ["purchase"], "Event-At": moment, "Quantity": [2], "Revenue": [1.5]})
    pq.write_table(table, drop.folder() / "a.parquet")
    (row,) = drop.rows(drop.ingest())
    assert (row["user_id"], row["event_at"].isoformat(), row["quantity"], str(row["revenue"])) == (
        "7", "2026-01-05T10:00:00", 2, "1.5000",
    )  # fmt: skip
