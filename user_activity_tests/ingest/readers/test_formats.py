"""Whatever format and compression records come in, the same rows come out."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from user_activity_tests.ingest.conftest import DAY, OPENERS, Drop

RECORDS: dict[str, list[dict[str, Any]]] = {
    "events": [
        {
            "user_id": "u1",
            "event_type": "click",
            "event_at": "2026-01-05T10:00:00Z",
            "page_url": 'a,"b"\nc',
            "quantity": 3,
        },
        {
            "user_id": "ü2",
            "event_type": "purchase",
            "event_at": "2026-01-05 10:00:01+02:00",
            "revenue": 9.5,
            "theme": "x",
        },
        {
            "user_id": "ü2",
            "event_type": "purchase",
            "event_at": "2026-01-05 10:00:01+02:00",
            "revenue": 9.5,
            "theme": "x",
        },
    ],
    "orders": [
        {
            "order_id": "o1",
            "customer_id": "u1",
            "order_date": "2026-01-05",
            "total_amount": 12,
            "payment_method": "Credit Card",
            "items": [{"sku": "p1", "qty": 2, "price": 6}],
        },
        {
            "order_id": "o2",
            "user_id": "u2",
            "created_at": 1767600000,
            "status": "canceled",
            "total": 0,
            "items": [{"product_id": "p1", "quantity": 1, "unit_price": 6.5, "gift": True}],
        },
    ],
    "products": [{"id": "p1", "title": "Mug", "category": "home", "price": 6, "active": True}],
    "users": [
        {"user_id": "u1", "updated_at": "2026-01-04T10:00:00", "created_at": "2024-05-01", "email": "u1@example.com"}
    ],
    "reviews": [
        {"user_id": "u1", "product_id": "p1", "rating": 5, "created_at": "2026-01-05T09:00:00", "comment": "good"}
    ],
}


def as_lines(records: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()


def as_array(records: list[dict[str, Any]]) -> bytes:
    return json.dumps(records, indent=2).encode()


def as_csv(records: list[dict[str, Any]]) -> bytes:
    names = list(dict.fromkeys(name for record in records for name in record))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(
        {name: json.dumps(value) if isinstance(value, list | bool) else value for name, value in record.items()}
        for record in records
    )
    return text.getvalue().encode()


def as_parquet(records: list[dict[str, Any]]) -> bytes:
    target = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist([{n: v for r in records for n, v in dict.fromkeys(r).items()} | r for r in records]),
        target,
    )
    return target.getvalue()


WRITERS = {
    "lines.json": as_lines,
    "array.json": as_array,
    "x.jsonl": as_lines,
    "x.ndjson": as_lines,
    "x.csv": as_csv,
    "x.parquet": as_parquet,
}


def comparable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name not in ("_source_file", "_file_sha256", "_loaded_at")}
        for row in rows
    ]


@pytest.mark.parametrize("source", RECORDS)
def test_every_format_and_compression_gives_the_same_rows(source: str, tmp_path: Path) -> None:
    expected = None
    for writer, write in WRITERS.items():
        for compression, compress in OPENERS.items():
            if compression and writer not in ("x.jsonl", "x.csv", "x.parquet"):
                continue
            drop = Drop(tmp_path / f"{writer}{compression}")
            drop.file(f"{writer}{compression}", compress(write(RECORDS[source])), source, DAY)
            result = drop.ingest(source, DAY)
            assert result.rows_quarantined == 0, [bad.reasons for bad in drop.bad(source)]
            rows = comparable(drop.rows(result))
            expected = expected or rows
            assert rows == expected, writer + compression
    assert expected
    assert [row["_row_number"] for row in expected] == list(range(1, len(RECORDS[source]) + 1))


def test_real_repeats_stay_and_resent_rows_do_not_double(drop: Drop) -> None:
    drop.file("a.jsonl", as_lines(RECORDS["events"]))
    drop.file("b.csv", as_csv(RECORDS["events"]))
    ids = [row["event_id"] for row in drop.rows(drop.ingest())]
    assert len(ids) == 6
    assert sorted(ids[:3]) == sorted(ids[3:])
    assert len(set(ids)) == 3


def test_spellings_and_nested_fields_find_their_columns(drop: Drop) -> None:
    drop.lines(
        "a.jsonl",
        [
            {
                "id": "e1",
                "action": "Page View",
                "time": "1767607200000",
                "user_id": 7,
                "metadata": {"device": "mobile", "plan": "pro"},
                "properties": {"device": "tablet", "location": "SE"},
                "url": "/x",
                "ab": 3,
                "blank": "  ",
                "none": None,
            }
        ],
    )
    (row,) = drop.rows(drop.ingest())
    assert (row["event_id"], row["event_type"], row["user_id"], row["device"], row["country"], row["page_url"]) == (
        "e1",
        "page_view",
        "7",
        "mobile",
        "SE",
        "/x",
    )
    assert row["event_at"].isoformat() == "2026-01-05T10:00:00"
    assert json.loads(row["properties"]) == {
        "ab": "3",
        "metadata": {"device": "mobile", "plan": "pro"},
        "properties": {"device": "tablet", "location": "SE"},
    }


def test_a_spelling_that_was_not_needed_is_kept_in_properties(drop: Drop) -> None:
    drop.lines(
        "a.jsonl",
        [{"event_id": "e", "id": "row9", "user_id": "u", "event": "click", "ts": "2026-01-05", "time": "noon"}],
    )
    (row,) = drop.rows(drop.ingest())
    assert row["event_id"] == "e"
    assert json.loads(row["properties"]) == {"id": "row9", "time": "noon"}


def test_rare_keys_and_keys_that_differ_in_case_are_kept(drop: Drop) -> None:
    common = [{"user_id": "u", "event": "click", "ts": "2026-01-05", "k": str(number)} for number in range(6000)]
    rare = [
        {"K": "big", "k": "small", "a/b": "slash", "a~b": "tilde", 'q"': "quote", "é": "ü", "x": {"y": [1]}}
        | common[0]
        | {"k": "small"}
    ]
    drop.lines("a.jsonl", common + rare)
    rows = drop.rows(drop.ingest())
    assert rows[0]["properties"] == '{"k":"0"}'
    assert json.loads(rows[-1]["properties"]) == {
        "K": "big",
        "k": "small",
        "a/b": "slash",
        "a~b": "tilde",
        'q"': "quote",
        "é": "ü",
        "x": {"y": [1]},
    }


def test_an_access_log_becomes_page_views(drop: Drop) -> None:
    lines = [
        '1.2.3.4 - frank [05/Jan/2026:10:00:00 +0100] "GET /a?b=c HTTP/1.1" 200 2326 "http://x/" "Mozilla \\"q\\" 5"',
        '1.2.3.4 - - [05/Jan/2026:10:00:01 +0100] "GET / HTTP/1.1" 404 - "-" "Mozilla \\"q\\" 5"',
        '5.6.7.8 - - [05/Jan/2026:10:00:01 +0100] "HEAD / HTTP/1.0" 200 1 "-" "-"',
        "garbage",
        '1.2.3.4 - - [05/Jax/2026:10:00:01 +0100] "GET / HTTP/1.1" 200 1 "-" "-"',
    ]
    drop.file("access.log", "\n".join(lines))
    result = drop.ingest()
    first, second, third = drop.rows(result)
    assert first["event_at"].isoformat() == "2026-01-05T09:00:00"
    assert (first["event_type"], first["page_url"], first["referrer"]) == ("page_view", "/a?b=c", "http://x/")
    assert json.loads(first["properties"]) == {
        "bytes": "2326",
        "method": "GET",
        "remote_user": "frank",
        "status": "200",
    }
    assert first["user_id"] == second["user_id"] != third["user_id"]
    assert second["referrer"] is None
    assert third["user_agent"] is None
    assert len({first["event_id"], second["event_id"], third["event_id"]}) == 3
    assert [(bad.row_number, bad.record, bad.rules) for bad in drop.bad()] == [
        (4, "garbage", ("record_unreadable",)),
        (5, lines[4], ("event_at_not_a_time",)),
    ]


def test_parquet_types_are_understood(drop: Drop) -> None:
    table = pa.table(
        {
            "user_id": pa.array([1, 2, 3], pa.int32()),
            "event_type": pa.array(["click", "click", "nope"]).dictionary_encode(),
            "event_at": pa.array(
                [1767607200_000000001, 1767607200_000000000, None], pa.timestamp("ns", "Europe/Berlin")
            ),
            "quantity": pa.array([1.0, None, 2.5]),
            "revenue": pa.array([1.5, -1.0, 0.1], pa.float32()),
            "metadata": pa.array([{"device": "m"}, None, None]),
            "tags": pa.array([["a", "b"], [], None]),
            "ok": [True, False, None],
        }
    )
    pq.write_table(table, drop.folder() / "x.parquet")
    result = drop.ingest()
    row, other = drop.rows(result)
    assert (row["user_id"], row["quantity"], row["device"], str(row["revenue"])) == ("1", 1, "m", "1.5000")
    assert (other["user_id"], other["revenue"], result.warnings_by_rule) == ("2", None, {"revenue_out_of_range": 1})
    assert row["event_at"].isoformat() == "2026-01-05T10:00:00"
    assert json.loads(row["properties"]) == {"metadata": {"device": "m"}, "ok": "true", "tags": ["a", "b"]}
    assert result.rejected_by_rule == {
        "event_type_unknown": 1,
        "event_at_missing": 1,
        "quantity_not_whole": 1,
    }
    assert json.loads(drop.bad()[0].record or "")["event_type"] == "nope"
