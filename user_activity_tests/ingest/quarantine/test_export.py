"""Rejected records come out as they came in, ready to be repaired, and harm nothing that opens them."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from user_activity.ingest.quarantine import Selection
from user_activity.ingest.quarantine.export import export
from user_activity_tests.ingest.conftest import DAY, EVENT, Drop

BAD = '{"user_id": "u1",  "event_type": "purchse", "event_at": "2026-01-05T10:00:00Z", "revenue": 1.10}'
HOSTILE = {
    "quotes": "'; drop table marts.fct_events; --",
    "formula": '=cmd|"/C calc"!A0',
    "more formulas": "@SUM(1+1)*cmd|' /C calc'!A0",
    "terminal": "\x1b[2J\x1b]0;owned\x07\x9b31m\x7f",
    "markup": "[red]x[/] [/] [link=file:///etc/passwd]y[/link] :warning: \\[",
    "separators": "a\u2028b\u2029c\x85d\x0be\x1ff\x1eg",
    "direction": "\u202eevil\u2066",
    "path": "../../etc/passwd",
    "jinja": "{{ 7 * 7 }} {% raw %} ${HOME} %s {0}",
    "id": '"_quarantine_id": "0000000000000000-1"',
}


def out(drop: Drop, path: Path, **by: Any) -> list[str]:
    count = export(drop.settings, path, Selection(**by))
    *lines, end = path.read_text().split("\n")
    assert (len(lines), end) == (count, "")
    return lines


def test_a_record_comes_out_to_the_letter_with_its_id_in_front(drop: Drop, tmp_path: Path) -> None:
    drop.file("a.jsonl", f"{BAD}\n{{}}\n")
    drop.ingest()
    sha = drop.bad()[0].file_sha256[:16]
    first, second = out(drop, tmp_path / "new folder" / "bad.jsonl")
    assert first == f'{{"_quarantine_id": "{sha}-1", {BAD[1:]}'
    assert json.loads(second) == {"_quarantine_id": f"{sha}-2"}


def test_records_of_every_format_come_out_as_objects(drop: Drop, tmp_path: Path) -> None:
    bad = {"user_id": "u1", "event": "click", "ts": "yesterday"}
    drop.file("a.csv", 'user_id;event;ts\nu1;click;yesterday\nu1;"cl\nick";2026-01-05\nu1;click\n"u1;click;x\n')
    drop.file("b.json", json.dumps([bad | {"note": "line\u2028separator"}], indent=2, ensure_ascii=False))
    pq.write_table(pa.table({name: [value] for name, value in bad.items()}), drop.folder() / "c.parquet")
    drop.file("d.log", "not a line of a log\n")
    drop.file("e.jsonl", 'not json\n[1]\n"text"\n')
    drop.ingest()
    found = [json.loads(line) for line in out(drop, tmp_path / "bad.jsonl")]
    assert [one.pop("_quarantine_id") for one in found] == [record.quarantine_id for record in drop.bad()]
    assert found[0] == found[5] == bad
    assert found[1] == bad | {"event": "cl\nick", "ts": "2026-01-05"}
    assert found[2:4] == [{"_record": "u1;click"}, {"_record": '"u1;click;x'}]
    assert found[4] == bad | {"note": "line\u2028separator"}
    assert found[6:] == [{"_record": text} for text in ("not a line of a log", "not json", "[1]", '"text"')]


def test_a_repair_that_was_rejected_comes_out_under_its_own_id(drop: Drop, tmp_path: Path) -> None:
    drop.file("a.jsonl", BAD + "\n")
    drop.ingest()
    (line,) = out(drop, tmp_path / "first.jsonl")
    drop.file("b.jsonl", line.replace("purchse", "purchas") + "\n")
    drop.ingest()
    (open_again,) = drop.bad()
    (line,) = out(drop, tmp_path / "second.jsonl")
    assert (open_again.file_name, json.loads(line)["_quarantine_id"]) == ("b.jsonl", open_again.quarantine_id)
    assert line.count("_quarantine_id") == 1


def test_nothing_selected_leaves_no_file(drop: Drop, tmp_path: Path) -> None:
    assert export(drop.settings, tmp_path / "bad.jsonl", Selection()) == 0
    assert list(tmp_path.iterdir()) == []


def test_hostile_values_go_out_and_in_again_unharmed(drop: Drop, tmp_path: Path) -> None:
    records = [EVENT | {"event_id": name, "page_url": text, "note": text} for name, text in HOSTILE.items()]
    rejected = [record | {"event_type": f"nope {record['note']}"} for record in records]
    drop.lines("a.jsonl", rejected)
    drop.ingest()
    found = drop.bad()
    assert [json.loads(record.record or "") for record in found] == rejected
    lines = out(drop, tmp_path / "bad.jsonl")
    mended = [json.loads(line) | {"event_type": "click"} for line in lines]
    assert [{**one, "_quarantine_id": None} for one in mended] == [one | {"_quarantine_id": None} for one in records]
    drop.lines("mended.jsonl", mended)
    result = drop.ingest()
    assert {row["event_id"]: row["page_url"] for row in drop.rows(result)} == {
        name: text.strip() for name, text in HOSTILE.items()
    }
    assert {json.loads(row["properties"])["note"] for row in drop.rows(result)} == {
        text.strip() for text in HOSTILE.values()
    }
    assert (drop.bad(), len(drop.bad(state="superseded"))) == ([], len(HOSTILE))


def test_no_cell_of_a_csv_is_a_formula(drop: Drop, tmp_path: Path) -> None:
    drop.file("=cmd.csv", "user_id,event,ts\n" + "".join(f"{first}1+1,click,x\n" for first in "=+-@"))
    drop.lines("b.jsonl", [EVENT | {"event_type": text} for text in HOSTILE.values()])
    drop.ingest()
    assert export(drop.settings, tmp_path / "bad.csv", Selection()) == 4 + len(HOSTILE)
    with (tmp_path / "bad.csv").open(newline="") as stream:
        header, *rows = csv.reader(stream)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {row[header.index("file_name")] for row in rows} == {"'=cmd.csv", "b.jsonl"}
    assert rows[0][header.index("record")] == "'=1+1,click,x"
    assert json.loads(rows[-1][header.index("record")])["event_at"] == EVENT["event_at"]
    assert rows[0][header.index("landing_date")] == str(DAY)


UNPAIRED = "\ud800 and \udfff"


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize("given", ["none", '"mine"', "7", "null", '"0000000000000000-1"', '"\\udc00"'])
def test_half_a_character_goes_out_and_in_again_as_it_is(drop: Drop, tmp_path: Path, name: str, given: str) -> None:
    record = EVENT | {
        "event_type": UNPAIRED,
        "note": f"ünï 漢 🦆 {UNPAIRED}",
        UNPAIRED: [UNPAIRED, 1.5, 2**70, "\0\x7f\u2028"],
    }
    text = json.dumps(record)
    if given != "none":
        text = f'{{"_quarantine_id": {given}, {text[1:]}'
    drop.file(name, f"[{text}]" if name.endswith(".json") else f"{text}\n{BAD}\n")
    drop.ingest()
    line, *others = out(drop, tmp_path / "bad.jsonl")
    assert {**json.loads(line), "_quarantine_id": None} == {**record, "_quarantine_id": None}
    assert len(others) == (name == "a.jsonl")
    drop.file("again.jsonl", "\n".join([line, *others]) + "\n")
    drop.ingest()
    again = [bad for bad in drop.bad() if bad.file_name == "again.jsonl"]
    assert {**json.loads(again[0].record or ""), "_quarantine_id": None} == {**record, "_quarantine_id": None}
    assert export(drop.settings, tmp_path / "bad.csv", Selection()) >= len(again)
