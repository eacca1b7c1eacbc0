"""Taking back a file that should not have landed, and putting the right one in its place."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from user_activity_tests.cli.conftest import Command
from user_activity_tests.platform import Platform, differences

TUESDAY, WEDNESDAY = date(2025, 1, 7), date(2025, 1, 8)


def event(name: str, at: str, user: str = "ann") -> dict[str, Any]:
    return {"event_id": name, "user_id": user, "event_type": "page_view", "event_at": f"{at}Z"}


#: e1 is moved to another day by the wrong file; e3 has a day and a user that only the wrong file knows.
RIGHT = [event("e1", "2025-01-07T10:00:00"), event("e2", "2025-01-07T23:50:00")]
WRONG = [
    event("e1", "2025-01-05T09:00:00"),
    event("e3", "2025-01-03T10:00:00", "bob"),
    event("e4", "2025-01-08T00:10:00"),
    {"event_id": "e5"},
]


def lines(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


@pytest.mark.long
def test_a_withdrawn_file_leaves_every_table_as_if_it_had_never_come(
    command: Command, data_dir: Path, tmp_path: Path
) -> None:
    clean, messy = Platform(tmp_path / "clean"), Platform(data_dir)
    for platform in (clean, messy):
        platform.drop("events", TUESDAY, "right.jsonl", lines(RIGHT))
    platform.drop("events", WEDNESDAY, "wrong.jsonl", lines(WRONG))
    clean.run()
    messy.run()
    with_it = messy.tables(lineage=False)
    assert differences(with_it, clean.tables(lineage=False))

    answer = command("withdraw", "wrong.jsonl", "--source", "events", "--date", str(WEDNESDAY), "--json")
    assert answer.code == 0, answer.err
    assert [(each["file"], each["rows"]) for each in answer.document["withdrawn"]] == [("wrong.jsonl", 3)]
    assert not differences(messy.tables(lineage=False), clean.tables(lineage=False))
    for table in ("landed_files", "landed_dates", "bad_records"):
        assert messy.query(f"select source, landing_date, file_sha256 from audit.{table}") == clean.query(
            f"select source, landing_date, file_sha256 from audit.{table}"
        )
    assert [path.read_bytes() for path in (data_dir / "withdrawn").rglob("*wrong.jsonl")] == [lines(WRONG)]
    published = "select user_id from marts.fct_events order by event_at"
    assert messy.query_published(published) == [("ann",), ("ann",)]
    assert "Nothing new: 0 rows changed." in command("run").out

    kept = next((data_dir / "withdrawn").rglob("*wrong.jsonl"))
    assert command("land", str(kept), "--source", "events", "--date", str(WEDNESDAY)).code == 0
    assert command("run").code == 3
    assert not differences(messy.tables(lineage=False), with_it)


def test_a_file_that_never_landed_cannot_be_withdrawn(command: Command) -> None:
    answer = command("withdraw", "x.jsonl", "--source", "events", "--date", "2025-01-08")
    assert answer.code == 2
    assert "No file 'x.jsonl' of events landed on 2025-01-08" in answer.err
    answer = command("withdraw", "x.jsonl", "--source", "clicks", "--date", "2025-01-08")
    assert "Unknown source 'clicks'" in answer.err
