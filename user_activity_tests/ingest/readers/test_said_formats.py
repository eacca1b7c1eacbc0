"""Files that show too little of how they are to be read: the map of their source says it."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity.ingest.quarantine import Selection
from user_activity.ingest.quarantine.export import export
from user_activity_tests.examples import examples
from user_activity_tests.ingest.conftest import Drop

HEADER = ["user_id", "event_type", "event_at", "revenue"]
ROWS = [["jörg", "purchase", "2026-01-05", "1234.5"], ["ann", "click", "2026-01-05", "2"]]


def dropped(tmp_path: Path, file: dict[str, Any], **columns: Any) -> Drop:
    return Drop(tmp_path / "data", field_maps={"events": {"file": file, **columns}})


def accepted(drop: Drop, name: str, content: str | bytes) -> list[list[str | None]]:
    drop.file(name, content)
    result = drop.ingest()
    assert [bad.reasons for bad in drop.bad()] == []
    return [
        [row["user_id"], row["event_type"], f"{row['event_at']:%Y-%m-%d}", f"{row['revenue'].normalize():f}"]
        for row in drop.rows(result)
    ]


def table(separator: str, *, header: bool = True) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows([HEADER, *ROWS] if header else ROWS)
    return text.getvalue()


LINES = "".join(json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) + "\n" for row in ROWS)
ENVELOPED = json.dumps(
    {"note": [{"user_id": 1}], "data": {"pages": [{"orders": [json.loads(line)]} for line in LINES.splitlines()]}}
)
SPACED = (
    '  user_id event_type\tevent_at   revenue\n jörg  purchase 2026-01-05 \t 1234.5 \n\n "ann" click 2026-01-05 2\n'
)


@pytest.mark.parametrize(
    ("name", "content", "file"),
    [
        pytest.param("a.csv", table(",").encode("cp1252"), {"encoding": "cp1252"}, id="CSV in cp1252"),
        pytest.param("a.jsonl", LINES.encode("latin-1"), {"encoding": "latin-1"}, id="JSON lines in latin-1"),
        pytest.param("a.csv", table(",").encode("utf-16-le"), {"encoding": "utf-16-le"}, id="UTF-16 without a mark"),
        pytest.param("a.csv", table(",").encode("utf-8-sig"), {"encoding": "cp1252"}, id="the mark wins: UTF-8"),
        pytest.param("a.csv", table(",").encode("utf-16"), {"encoding": "cp1252"}, id="the mark wins: UTF-16"),
        pytest.param("a.csv", table("^"), {"separator": "^"}, id="separator"),
        pytest.param("a.tsv", table("\t"), {"separator": "tab"}, id="tab"),
        pytest.param("a.csv", "sep=;\n" + table(";"), {"separator": "tab"}, id="the file's own separator wins"),
        pytest.param("a.txt", SPACED, {"separator": "blanks"}, id="blanks"),
        pytest.param("a.csv", table(",", header=False), {"header": HEADER}, id="no header"),
        pytest.param("a.csv", table(","), {"header": HEADER}, id="the header that was said"),
        pytest.param("a.csv", table(","), {"header": ["who", "x", "Event At", "value"]}, id="other names"),
        pytest.param("a.csv", "% x\n" + table(",").replace("ann", "%\nann"), {"comment": "%"}, id="comments"),
        pytest.param("a.jsonl", "// x\n" + LINES.replace("\n", "\n//\n"), {"comment": "//"}, id="comments, JSON"),
        pytest.param("a.json", ENVELOPED, {"records": "data.pages.orders"}, id="records in objects and lists"),
        pytest.param("a.csv", table(";").replace("1234.5", "1.234,50"), {"decimal": ","}, id="decimal comma"),
        pytest.param("a.csv", table(";").replace("1234.5", "1 234,5"), {"decimal": ","}, id="blanks between thousands"),
        pytest.param("a.jsonl", LINES.replace("1234.5", "1.234,5"), {"decimal": ","}, id="decimal comma in JSON"),
        pytest.param("a.csv", table(";").replace("1234.5", "1,234.5"), {"decimal": "."}, id="commas between thousands"),
    ],
)  # fmt: skip
def test_a_file_is_read_as_its_map_says(name: str, content: str | bytes, file: dict[str, Any], tmp_path: Path) -> None:
    columns = {"user_id": ["user_id", "who"], "event_type": ["event_type", "x"]}
    assert accepted(dropped(tmp_path, file, **columns), name, content) == ROWS


def test_without_names_columns_are_numbered(tmp_path: Path) -> None:
    columns = {"user_id": "c1", "event_type": "c2", "event_at": "c3", "revenue": "c4"}
    drop = dropped(tmp_path, {"header": False}, **columns)
    assert accepted(drop, "a.csv", table(",", header=False)) == ROWS


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,5", "1.5"), ("1.234", "1234"), ("1.234.567,8", "1234567.8"), (",5", "0.5"), ("12", "12"),
        ("1'234,5", "1234.5"), ("1.5", "1.5"), ("1,5,5", None), ("1.23,4", None), ("x", None),
    ],
)  # fmt: skip
def test_a_decimal_comma_makes_numbers_of_texts(text: str, number: str | None, tmp_path: Path) -> None:
    """What is no number by these rules is left as it is: read as ever, or rejected."""
    drop = Drop(tmp_path, orders_without_lines=True, field_maps={"orders": {"file": {"decimal": ","}}})
    drop.file("a.csv", f"order_id;user_id;order_at;total\n1;u;2026-01-05;{text}\n", "orders")
    found = [f"{row['revenue'].normalize():f}" for row in drop.rows(drop.ingest("orders"))]
    assert (found, len(drop.bad("orders"))) == (([number], 0) if number else ([], 1))


def test_numbers_of_json_and_of_arithmetic_are_numbers_as_they_are(tmp_path: Path) -> None:
    product = {"expression": "pieces * price"}
    drop = dropped(tmp_path, {"decimal": ","}, revenue=["total", "amount"], quantity={"const": 1})
    event = {"user_id": "u", "event_type": "click", "event_at": "2026-01-05"}
    drop.lines("a.jsonl", [event | {"total": 1.234}, event | {"total": "1,234"}])
    assert [str(row["revenue"]) for row in drop.rows(drop.ingest())] == ["1.2340", "1.2340"]
    drop = Drop(tmp_path / "b", field_maps={"events": {"file": {"decimal": ","}, "revenue": product}})
    drop.file("a.csv", "user_id;event_type;event_at;pieces;price\nu;click;2026-01-05;2;1.000,617\n")
    assert [str(row["revenue"]) for row in drop.rows(drop.ingest())] == ["2001.2340"]


@pytest.mark.parametrize(
    ("name", "content", "file", "says"),
    [
        ("a.json", '{"data": [{"user_id": 1}]}', {"records": "data.orders"}, "has no list of records at 'data.orders'"),
        ("a.csv", b"user_id\nj\xff\n", {"encoding": "ascii"}, "is not valid ascii"),
        ("a.csv", "user_id;a\n1;2\n".encode("utf-16-le")[:-1], {"encoding": "utf-16-le"}, "is not valid utf-16-le"),
        ("a.csv", "% nothing\n", {"header": ["user_id"], "comment": "%"}, "has no records"),
        ("a.csv", b"user_id\nj\xff\n", {}, "or name its encoding in the map of its source"),
    ],
)
def test_a_file_that_is_not_as_its_map_says_is_quarantined(
    name: str, content: str | bytes, file: dict[str, Any], says: str, tmp_path: Path
) -> None:
    drop = dropped(tmp_path, file)
    drop.file(name, content)
    assert drop.ingest().rows_quarantined == 1
    assert says in drop.bad()[0].reasons[0]


# Without what is more than text: quotation marks, the text for a missing value, and ids such as 1.0.
WORDS = st.text(st.characters(codec="cp1252", exclude_characters='"?.', exclude_categories=["Cc", "Zs"]), min_size=1)


@pytest.mark.law
@examples(quick=10, all=40, nightly=300)
@given(rows=st.lists(st.tuples(WORDS, WORDS), min_size=1), blank=st.sampled_from([" ", "\t", "  ", " \t "]))
def test_every_row_between_blanks_is_one_record(
    rows: list[tuple[str, str]], blank: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of files without a header, too, each row is accepted or rejected, and none is split in another place."""
    drop = Drop(
        tmp_path_factory.mktemp("blanks"), missing_values="?",
        field_maps={"users": {"file": {"separator": "blanks", "header": ["user", "nick"], "encoding": "cp1252"},
                              "user_id": "user", "name": "nick", "updated_at": {"const": "2026-01-05"}}},
    )  # fmt: skip
    drop.file("a.txt", "".join(f"{blank}{user}{blank}{nick}{blank}\n" for user, nick in rows).encode("cp1252"), "users")
    result = drop.ingest("users")
    kept = {row["_row_number"]: (row["user_id"], row["name"]) for row in drop.rows(result)}
    assert result.rows_landed == result.rows_accepted + result.rows_quarantined == len(rows)
    assert kept.items() <= dict(enumerate(rows, start=1)).items()


def test_rejected_records_of_a_said_format_can_be_corrected_and_sent_again(tmp_path: Path) -> None:
    file = {"encoding": "cp1252", "separator": "blanks", "header": HEADER, "decimal": ","}
    drop = dropped(tmp_path, file)
    drop.file("a.txt", 'jörg purchase never 1.234\n"jörg s." click 2026-01-05 1,5\n'.encode("cp1252"))
    assert (drop.ingest().rows_accepted, len(drop.bad())) == (1, 1)
    target = tmp_path / "again.jsonl"
    assert export(drop.settings, target, Selection(source="events")) == 1
    drop.file("again.jsonl", target.read_bytes().replace(b"never", b"2026-01-05"))
    rows = drop.rows(drop.ingest())
    assert [(row["user_id"], str(row["revenue"])) for row in rows] == [("jörg s.", "1.5000"), ("jörg", "1234.0000")]
    assert drop.bad() == []


def test_another_format_reads_all_files_of_the_source_again(tmp_path: Path) -> None:
    drop = dropped(tmp_path, {})
    drop.file("a.csv", table(";").replace("1234.5", "1.234").encode("cp1252"))
    assert drop.ingest().rejected_by_rule == {"file_encoding": 1}
    drop = dropped(tmp_path, {"encoding": "cp1252"})
    assert str(drop.rows(drop.ingest())[0]["revenue"]) == "1.2340"
    drop = dropped(tmp_path, {"encoding": "cp1252", "decimal": ","})
    assert str(drop.rows(drop.ingest())[0]["revenue"]) == "1234.0000"
