"""JSON documents as APIs and scripts write them: objects around the records, and records one after another."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity.ingest.readers.files import CHUNK_BYTES
from user_activity_tests.examples import examples
from user_activity_tests.ingest.conftest import OPENERS, Drop

LINES = [{"sku": "p1", "qty": 1, "price": 2}, {"sku": "p2", "qty": 2, "price": 3}]
ORDERS = [
    {"order_id": f"o{number}", "user_id": "u", "status": "paid", "ts": "2026-01-05", "items": LINES, "note": "ü]}"}
    for number in range(3)
]


def ids(drop: Drop, content: str | bytes, name: str = "a.json") -> list[str]:
    """The orders that were read, and none rejected."""
    drop.file(name, content, "orders")
    result = drop.ingest("orders")
    assert [bad.reasons for bad in drop.bad("orders")] == []
    rows = drop.rows(result)
    assert [row["_row_number"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(len(json.loads(row["items"])) == 2 for row in rows)
    return [row["order_id"] for row in rows]


ENVELOPES: dict[str, Any] = {
    "one list": {"orders": ORDERS},
    "nested": {"data": {"orders": ORDERS}},
    "three deep": {"response": {"data": {"orders": ORDERS}}},
    "with members beside": {"next": None, "count": 3, "orders": ORDERS, "has_more": False, "links": {"self": "/x?p=1"}},
    "members that have names of optional columns": {"status": "paid", "total": 3, "data": ORDERS, "shipping": 2},
    "a list with a column's name": {"items": ORDERS, "page": 1},
    "a time beside": {"timestamp": "2026-01-06T00:00:00Z", "data": ORDERS},
    "lists without objects beside": {"warnings": [], "tags": ["a", 1], "orders": ORDERS},
    "blank names": {"": {" ": ORDERS}},
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("envelope", ENVELOPES)
def test_records_are_found_in_an_envelope(envelope: str, indent: int | None, drop: Drop) -> None:
    assert ids(drop, json.dumps(ENVELOPES[envelope], indent=indent)) == ["o0", "o1", "o2"]


@pytest.mark.parametrize("compressed", ["a.json", "a.json.gz", "a.json.zst"])
@pytest.mark.parametrize("separator", ["", "\n", ",", ",\n", "\n\n ,\n"])
def test_pages_of_an_api_may_follow_one_another(separator: str, compressed: str, drop: Drop) -> None:
    pages = [{"data": {"orders": [order]}, "next": "more"} for order in ORDERS]
    pages.append({"data": {"orders": []}, "next": "none"})
    content = OPENERS[compressed.removeprefix("a.json")](separator.join(map(json.dumps, pages)).encode())
    assert ids(drop, content, compressed) == ["o0", "o1", "o2"]


@pytest.mark.parametrize("content", ['{"orders":[]}', '{"data": {\n"orders": []}, "count": 0, "next": null}'])
def test_an_envelope_without_records_is_a_file_of_no_rows(content: str, drop: Drop) -> None:
    assert drop.entry("a.json", content, "orders").rows_landed == 0


OBJECTS: dict[str, tuple[dict[str, Any], int]] = {
    "an order": (ORDERS[0], 1),
    "an order whose items come first": (dict(reversed(ORDERS[0].items())), 1),
    "an order with other lists": ({"discounts": [{"id": "d1"}], **ORDERS[0], "notes": [{"ts": "2026-01-05"}]}, 1),
    "an order without user and time": ({"items": LINES, "order_id": "o1"}, 0),
    "an order without an id": ({"lines": [{"id": 1, **LINES[0]}], "user_id": "u", "ts": "2026-01-05"}, 0),
    "an order with names that nobody knows": ({"nr": 1, "who": "ann", "positions": LINES}, 0),
    "columns beside the list": ({"country": "SE", "orders": [{**ORDERS[0], "user_id": None}]}, 0),
    "a list too deep": ({"a": {"b": {"c": {"orders": ORDERS}}}}, 0),
    "a list without objects": ({"orders": [1, "a"]}, 0),
    "an empty list beside text": ({"name": "ann", "tags": []}, 0),
}  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_that_is_a_record_stays_one_record(name: str, indent: int | None, drop: Drop) -> None:
    content, accepted = OBJECTS[name]
    entry = drop.entry("a.json", json.dumps(content, indent=indent), "orders")
    assert (entry.status, entry.rows_landed, entry.rows_accepted) == ("loaded", 1, accepted)
    for bad in drop.bad("orders"):
        assert (bad.row_number, json.loads(bad.record or "")) == (1, content)


WRITERS: dict[str, Callable[[list[Any]], str]] = {
    "on one line": lambda records: "".join(map(json.dumps, records)),
    "on one line, with commas": lambda records: ",".join(map(json.dumps, records)),
    "lines that end in a comma": lambda records: "".join(json.dumps(record) + ",\n" for record in records),
    "pretty-printed": lambda records: "\n".join(json.dumps(record, indent=2) for record in records),
    "pretty-printed, with commas": lambda records: ",\n".join(json.dumps(record, indent=2) for record in records),
    "braces on lines of their own": lambda records: "".join(f"{json.dumps(r)[:-1]}\n}}\n" for r in records),
    "a list": json.dumps,
    "a list over lines": lambda records: "[\n" + ",\n".join(map(json.dumps, records)) + "\n]\n",
    "a list with commas in front": lambda records: "[" + "\n,".join(map(json.dumps, records)) + "]",
    "an envelope with commas in front": lambda r: '{"a": [' + "\n,".join(map(json.dumps, r)) + '\n], "n": 1}',
    "lines": lambda records: "\n".join(map(json.dumps, records)),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_however_records_follow_one_another_all_are_read(writer: str, drop: Drop) -> None:
    assert ids(drop, WRITERS[writer](ORDERS)) == ["o0", "o1", "o2"]


@pytest.mark.law
@examples(quick=15, all=40, nightly=500)
@given(st.sampled_from(sorted(WRITERS)), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.data())
def test_a_file_that_is_cut_loses_no_record(
    tmp_path_factory: pytest.TempPathFactory, writer: str, encoding: str, data: st.DataObject
) -> None:
    content = WRITERS[writer](ORDERS)
    cut = content[: data.draw(st.integers(1, len(content) - 1))]
    drop = Drop(tmp_path_factory.mktemp("cut"))
    entry = drop.entry("a.json", cut.encode(encoding), "orders")
    assert entry.rows_landed == entry.rows_accepted + entry.rows_quarantined
    whole = cut.count('"note": "\\u00fc]}"}') + cut.count('\\u00fc]}"\n')
    assert entry.status == "rejected" or entry.rows_landed >= whole


def test_the_same_damage_rejects_a_record_among_lines_and_a_document_whole(drop: Drop) -> None:
    lines = [json.dumps(order) for order in ORDERS]
    drop.file("lines.json", f"{lines[0]}\n{lines[1]} or so\n{lines[2]}", "orders")
    drop.file("first.json", f"{lines[0][:-9]}\n{lines[1]}\n{lines[2]}", "orders")
    drop.file("document.json", f'{{"orders": [{lines[0]}, {lines[1]} or so, {lines[2]}]}}\n', "orders")
    drop.file("pretty.json", f'{{"orders":\n[{lines[0]}, {lines[1]} or so, {lines[2]}]}}\n', "orders")
    files = {entry.file_name: (entry.rows_accepted, entry.rows_quarantined) for entry in drop.ingest("orders").files}
    assert files == {"lines.json": (2, 1), "first.json": (2, 1), "document.json": (0, 1), "pretty.json": (0, 1)}
    (told,) = [bad for bad in drop.bad("orders") if bad.file_name == "pretty.json"]
    assert "is not valid JSON (character" in told.reasons[0]


@pytest.mark.parametrize("indent", [None, 1])
def test_an_envelope_larger_than_a_record_may_be_is_read_in_parts(indent: int | None, tmp_path: Path) -> None:
    drop = Drop(tmp_path, max_line_bytes=10_000)
    count = CHUNK_BYTES // 150
    orders = [{**ORDERS[0], "order_id": f"o{number}"} for number in range(count)]
    content = json.dumps({"next": None, "orders": orders, "count": count}, indent=indent)
    assert len(content) > CHUNK_BYTES
    drop.file("a.json", content, "orders")
    result = drop.ingest("orders")
    assert (result.rows_accepted, result.rows_quarantined) == (count, 0)


def test_an_object_with_a_member_per_record_is_no_envelope(drop: Drop) -> None:
    content = {"orders": {f"o{number}": {"count": number} for number in range(20_000)}, "data": ORDERS}
    entry = drop.entry("a.json", json.dumps(content, indent=1), "orders")
    assert (entry.rows_landed, entry.rows_accepted) == (1, 0)
