"""Files of thousands of fields: the same rows as narrow ones, at a cost that grows with the fields, up to a limit."""

import json
import time
from typing import Any

import pytest

from user_activity.ingest.readers.files import MOST_FIELDS
from user_activity_tests.ingest.conftest import EVENT, Drop
from user_activity_tests.ingest.readers.test_formats import WRITERS


def fields(count: int) -> dict[str, str]:
    return {f"field {number:05}": f"value {number}" for number in range(count)}


@pytest.mark.parametrize("writer", ["x.jsonl", "x.csv", "x.parquet"])
def test_a_field_more_costs_no_more_than_the_one_before(writer: str, drop: Drop) -> None:
    more = fields(3_000)
    started = time.process_time()
    drop.file(writer, WRITERS[writer]([EVENT | more]))
    (row,) = drop.rows(drop.ingest())
    assert time.process_time() - started < 10
    assert json.loads(row["properties"]) == more


@pytest.mark.parametrize("writer", ["x.jsonl", "x.csv", "x.parquet"])
def test_fields_mean_the_same_among_many(writer: str, drop: Drop) -> None:
    odd: dict[str, Any] = {
        "user_id": "u1", "event_type": "click", "event_at": "2026-01-05", "ts": "noon", "id": "e1", "uuid": "e2",
        "device_type": " ", "metadata": '{"device": "tv", "plan": [1]}', "it's": 'a "b"', "blank": "  ", "é~/": "[1",
    }  # fmt: skip
    bad = odd | {"event_type": "nope"}
    drop.file(writer, WRITERS[writer]([odd, bad]))
    (narrow,) = drop.rows(drop.ingest())
    (narrow_record,) = [bad.record for bad in drop.bad()]
    drop.file(f"wide-{writer}", WRITERS[writer]([odd | fields(500), bad | fields(500)]))
    wide = drop.rows(drop.ingest())[0]
    properties = json.loads(wide["properties"])
    assert properties == json.loads(narrow["properties"]) | fields(500)
    assert list(properties) == sorted(properties)
    taken = set(narrow) - {"properties", "_source_file", "_file_sha256", "_loaded_at"}
    assert {name: wide[name] for name in taken} == {name: narrow[name] for name in taken}
    records = {bad.file_name: bad.record for bad in drop.bad()}
    if writer != "x.csv":
        wide_record = json.loads(records[f"wide-{writer}"] or "")
        assert wide_record == json.loads(narrow_record or "") | fields(500)


def test_the_first_of_a_record_s_equal_keys_counts(drop: Drop) -> None:
    drop.file("x.jsonl", json.dumps(EVENT)[:-1] + ', "b": 1, "a": 1, "b": 2, "a": null}')
    (row,) = drop.rows(drop.ingest())
    assert row["properties"] == '{"a":"1","b":"1"}'


def test_more_fields_than_the_limit_are_refused_in_a_sentence(drop: Drop) -> None:
    many = EVENT | fields(MOST_FIELDS)
    for writer in ("x.csv", "x.parquet"):
        drop.file(writer, WRITERS[writer]([many]))
    drop.lines("x.jsonl", [EVENT, many])
    assert drop.ingest().rows_accepted == 1
    told = {bad.file_name: bad.reasons[0] for bad in drop.bad()}
    limit = f"leave some out, at most {MOST_FIELDS} are read"
    assert told == {
        "x.csv": f"x.csv has {len(many)} columns: {limit}",
        "x.parquet": f"x.parquet has {len(many)} columns: {limit}",
        "x.jsonl": f"the record has {len(many)} keys: {limit}",
    }
