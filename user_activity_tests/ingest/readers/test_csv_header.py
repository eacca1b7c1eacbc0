"""The header of a CSV as tools and people write it, what may stand above it, and files that have none."""

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

NAMES = ["user_id", "event_type", "event_at", "page_url"]
RECORDS = [
    ["ann", "page_view", "2026-01-05T10:00:00Z", "/a,b;c|d"],
    ["bö", "click", "2026-01-05T10:01:00Z", 'say "hi"\nthere'],
]


def written(delimiter: str = ",", newline: str = "\n", quoting: Any = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=quoting)
    writer.writerows([NAMES, *RECORDS])
    return text.getvalue().replace("\n", newline)


def read(drop: Drop, content: str | bytes, name: str = "a.csv") -> list[list[Any]]:
    drop.file(name, content)
    result = drop.ingest()
    assert [bad.reasons for bad in drop.bad()] == []
    return [
        [row["user_id"], row["event_type"], f"{row['event_at'].isoformat()}Z", row["page_url"]]
        for row in drop.rows(result)
        if row["_source_file"] == name
    ]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(written(newline="\r"), id="CR"),
        pytest.param(written(newline="\r\n"), id="CRLF"),
        pytest.param(written().replace("\n", "\r", 1), id="mixed"),
        pytest.param(written(newline="\r").rstrip("\r"), id="CR without the last"),
        pytest.param("sep=;\r\n" + written(";", "\r\n"), id="sep ;"),
        pytest.param("SEP=,\n" + written(), id="sep ,"),
        pytest.param('"sep=^"\n' + written("^"), id="sep quoted"),
        pytest.param("sep=\t\n" + written("\t"), id="sep tab"),
        pytest.param("sep= \n" + written(" "), id="sep blank"),
        pytest.param("sep=§\n" + written("§"), id="sep of two bytes"),
        pytest.param("\ufeffsep=;\n" + written(";"), id="mark and sep"),
        pytest.param("# exported 2026-01-05\n" + written(), id="comment"),
        pytest.param('#\n# by "shop, at 10:00\n\n#x,y,z,w\n' + written(), id="comments"),
        pytest.param("# exported\rsep=|\r" + written("|", "\r"), id="comment and sep"),
        pytest.param("\n \r\n\t\n" + written(), id="blank lines"),
        pytest.param(';;;\n"";"";;\n' + written(";"), id="rows without values"),
        pytest.param("#" + written(), id="a header that begins with a number sign"),
        pytest.param("# " + written("\t"), id="the same with a blank"),
        pytest.param(written(quoting=csv.QUOTE_ALL).replace('","', '", "'), id="blanks before quotes"),
        pytest.param(written(quoting=csv.QUOTE_ALL).replace('","', '" , "', 3), id="blanks around quotes of names"),
        pytest.param(written("\t").encode("utf-16"), id="UTF-16"),
        pytest.param(b"\xfe\xff" + written("\t", "\r\n").encode("utf-16-be"), id="UTF-16 big-endian"),
        pytest.param(written(";", "\r").encode("utf-32"), id="UTF-32"),
    ],
)
def test_however_a_tool_writes_it_the_same_rows_are_read(content: str | bytes, drop: Drop) -> None:
    assert read(drop, content) == RECORDS


@pytest.mark.law
@examples(quick=25, all=60, nightly=1000)
@given(
    st.sampled_from(",;\t|^~ "),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.lists(st.sampled_from(["", "   ", "# exported by shop", "#", '# a "quote, and | more', "#;;"]), max_size=4),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_tools_ways_combine(
    tmp_path_factory: pytest.TempPathFactory,
    delimiter: str, newline: str, quoting: int, above: list[str], encoding: str,
) -> None:  # fmt: skip
    lines = [*above, f"sep={delimiter}"] if delimiter in "^~ " else above
    text = newline.join([*lines, written(delimiter, newline, quoting)])
    assert read(Drop(tmp_path_factory.mktemp("csv")), text.encode(encoding)) == RECORDS


def test_a_carriage_return_within_quotes_is_a_line_end_of_the_text(drop: Drop) -> None:
    lines = ["user_id,event,ts,page", 'u1,click,2026-01-05,"a\rb"', 'u2,click,2026-01-05,"c\r\nd"']
    drop.file("a.csv", "\n".join(lines))
    drop.file("b.csv", "\r".join(lines))
    assert [row["page_url"] for row in drop.rows(drop.ingest())] == ["a\nb", "c\nd"] * 2


def test_rows_are_numbered_from_the_header(drop: Drop) -> None:
    drop.file("a.csv", "sep=;\r# exported\r\ruser_id;event;ts\ru1;click;2026-01-05\r\ru2;click\r")
    assert [row["_row_number"] for row in drop.rows(drop.ingest())] == [1]
    (bad,) = drop.bad()
    assert (bad.row_number, bad.record) == (2, "u2;click")
    assert bad.reasons == ("the record has 2 fields where the header names 3",)


WITHOUT_HEADER = [
    ("events", "ann,page_view,2026-01-05T10:00:00Z\nbob,click,2026-01-05T10:01:00Z\n", "2026-01-05T10:00:00Z", 2),
    ("events", "# exported\rann;page_view;05.01.2026 10:00\r\rbob;click;05.01.2026 10:01\r", "05.01.2026 10:00", 2),
    ("events", 'ann,click,2026-01-05,/a\nbob,click,2026-01-05,"a\nb"\ncat,click,2026-01-05,c"d"\n', "2026-01-05", 3),
    ("events", "1767600000\tann\tclick\n", "1767600000", 1),
    ("events", "ann|click|Mon Jan 5 10:00:01 2026\n", "Mon Jan 5 10:00:01 2026", 1),
    ("events", "ann,click,page,/home\n", "/home", 1),
    ("events", "ann,ann,click\n", "ann", 1),
    ("orders", 'o1,ann,2026-01-05,"[{""sku"": ""p1""}]"\n', "2026-01-05", 1),
    ("products", "p1,Mug,home,€6.50\np2,Cup,home,7\n", "€6.50", 2),
    ("products", "p1,Mug,home\n", "p1", 1),
    ("products", "p1,Mug,home\np2,Cup,garden\np3,Pot,home\n", "home", 3),
    ("events", '"ann","page_view"\n"bob","page_view"\n', "page_view", 2),
    ("users", "ann,ann@example.com,SE\n" * 3, "ann@example.com", 3),
    ("reviews", "5c6ee1a3-0a67-4c8e-9b61-51a9d2f0a111,good\n", "5c6ee1a3-0a67-4c8e-9b61-51a9d2f0a111", 1),
]  # fmt: skip


@pytest.mark.parametrize(("source", "content", "value", "count"), WITHOUT_HEADER)
def test_a_file_without_a_header_is_rejected_whole_in_one_sentence(
    source: str, content: str, value: str, count: int, drop: Drop
) -> None:
    entry = drop.entry("a.csv", content, source)
    assert (entry.status, entry.rows_landed, entry.rows_accepted, entry.rows_quarantined) == ("rejected", 1, 0, 1)
    (bad,) = drop.bad(source)
    (reason,) = bad.reasons
    assert reason.startswith(
        f"a.csv has no header, for {value!r} in its first line is not the name of a column, "
        f"so no record is ingested ({count} in all): add a first line that names the columns ("
    )
    assert (bad.row_number, bad.rules, bad.archived.read_bytes()) == (None, ("file_csv_header",), content.encode())


@pytest.mark.parametrize(
    ("field_map", "header", "values"),
    [
        ({}, "user_id,event,ts,2024,2025,2026-01", "u1,click,2026-01-05,1,2,3"),
        ({}, ",user_id,event,ts", "0,u1,click,2026-01-05"),
        ({}, "#,user_id,event,ts", "1,u1,click,2026-01-05"),
        ({"user_id": "1", "event_type": "2", "event_at": "3"}, "1,2,3", "u1,click,2026-01-05"),
        ({"event_type": {"const": "click"}}, "user_id,ts,2024,2025", "u1,2026-01-05,1,2"),
    ],
)
def test_a_header_of_odd_names_is_a_header(field_map: dict[str, Any], header: str, values: str, tmp_path: Path) -> None:
    drop = Drop(tmp_path, field_maps={"events": field_map})
    drop.file("a.csv", f"{header}\n{values}\n")
    (row,) = drop.rows(drop.ingest())
    assert (row["user_id"], row["event_type"], row["event_at"].isoformat()) == ("u1", "click", "2026-01-05T00:00:00")


@pytest.mark.parametrize("header", ["date,id,x", "date,name", "who,what,when", "address_1,u1"])
def test_a_header_of_unknown_names_is_a_header(header: str, drop: Drop) -> None:
    values = ",".join("a" for _ in header.split(","))  # no value is a name
    entry = drop.entry("a.csv", f"{header}\n{values}\n{values}\n")
    assert (entry.status, entry.rows_landed, entry.rows_quarantined) == ("loaded", 2, 2)
    assert [bad.row_number for bad in drop.bad()] == [1, 2]
    assert "user_id_missing" in drop.bad()[0].rules


def test_rejected_records_are_exported_with_the_names_of_their_header(drop: Drop, tmp_path: Path) -> None:
    drop.file("a.csv", "sep=;\r\n# exported\r\n#user_id;event;ts\r\nu1;nope;2026-01-05\r\n".encode("utf-16"))
    drop.ingest()
    assert export(drop.settings, tmp_path / "out.jsonl", Selection()) == 1
    exported = json.loads((tmp_path / "out.jsonl").read_text())
    assert exported.items() >= {"user_id": "u1", "event": "nope", "ts": "2026-01-05"}.items()
