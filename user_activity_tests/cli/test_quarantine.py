"""The quarantine worked off through its commands: looked at, mended, landed again, replayed; whatever is in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from user_activity_tests.cli.conftest import Command
from user_activity_tests.ingest.quarantine.test_export import HOSTILE

EVENT = {"event_id": "e1", "user_id": "ann", "event_type": "click", "event_at": "2025-01-05T10:00:00Z"}
NAMELESS = {name: value for name, value in EVENT.items() if name != "event_id"}
STATES = "select file_name, row_number, state from audit.bad_records order by all"
EVENTS = "select user_id, event_type from marts.fct_events order by all"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def land(command: Command, folder: Path, name: str, records: list[dict[str, Any]], day: str) -> None:
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records))
    assert command("land", str(folder / name), "--source", "events", "--date", day).code == 0


def rows(command: Command, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in command("query", sql, "--json").document]


@pytest.mark.long
def test_the_quarantine_is_worked_off(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swipes = [NAMELESS | {"user_id": user, "event_type": "swipe"} for user in ("bob", "cat", "dan")]
    undated = EVENT | {"event_id": "e2", "event_at": "soon"}
    land(command, tmp_path, "a.jsonl", [EVENT, *swipes, undated, {"bad": 1}], "2025-01-05")
    assert command("run").code == 3
    assert command("status", "--json").document["records_open"] == {"events": 5}
    assert "5 records open (5 events)" in command("status").out

    # Mended by hand: one of the swipes (they have no id), and the time; the last line is left as it is.
    exported = tmp_path / "bad.jsonl"
    assert command("quarantine", "export", str(exported), "--json").document["records"] == 5
    assert command("quarantine", "export", str(exported)).code == 2  # it may hold repairs
    lines = [json.loads(line) for line in exported.read_text().splitlines()]
    mended = [lines[0] | {"event_type": "click"}, lines[3] | {"event_at": EVENT["event_at"]}, lines[4]]
    land(command, tmp_path, "mended.jsonl", mended, "2025-01-06")
    assert command("run").code == 3
    assert rows(command, EVENTS) == [("ann", "click"), ("ann", "click"), ("bob", "click")]
    superseded = [("a.jsonl", row, "superseded") for row in (2, 5, 6)]
    still = [("a.jsonl", 3, "open"), ("a.jsonl", 4, "open"), ("mended.jsonl", 3, "open")]
    assert rows(command, STATES) == sorted(superseded + still)

    # Nothing has changed that a replay could be about, then the catalogue has.
    answer = command("quarantine", "replay", "--rule", "event_type_unknown", "--json")
    assert answer.code == 3
    (counts,) = answer.document["replayed"]
    assert (counts["accepted"], counts["still_rejected"], counts["landing_dates"]) == (0, 2, ["2025-01-05"])
    monkeypatch.setenv("USER_ACTIVITY_EVENT_TYPES", "click,swipe")
    answer = command("quarantine", "replay", "--rule", "event_type_unknown", "--json")
    assert answer.code == 0
    (counts,) = answer.document["replayed"]
    assert (counts["accepted"], counts["still_rejected"], counts["newly_rejected"]) == (2, 0, 0)
    replayed = [("a.jsonl", 3, "replayed"), ("a.jsonl", 4, "replayed"), ("mended.jsonl", 3, "open")]
    assert rows(command, STATES) == sorted(superseded + replayed)
    everyone = [("ann", "click"), ("ann", "click"), ("bob", "click"), ("cat", "swipe"), ("dan", "swipe")]
    assert rows(command, EVENTS) == everyone

    # What is worked off is no longer listed, and what isn't keeps its exit code.
    (rule, *others) = command("quarantine", "list", "--json").document
    assert {one["rule"] for one in (rule, *others)} == {"user_id_missing", "event_type_missing", "event_at_missing"}
    (shown,) = command("quarantine", "show", "--state", "replayed", "--file", "a.jsonl", "--json").document[:1]
    assert (shown["row_number"], shown["state"], shown["rules"]) == (3, "replayed", ["event_type_unknown"])
    answer = command("quarantine", "replay")
    assert answer.code == 3
    assert "still rejected" in answer.out
    assert "Nothing new: 0 rows changed." in command("quarantine", "replay").out
    assert "nothing to replay" in command("quarantine", "replay", "--rule", "event_type_unknown").out
    assert rows(command, EVENTS) == everyone


@pytest.mark.long
def test_a_replay_that_is_cut_off_before_it_has_built_is_finished_by_the_next(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from user_activity.orchestration.command_runs import Runner

    land(command, tmp_path, "a.jsonl", [EVENT, EVENT | {"event_id": "e2", "event_type": "swipe"}], "2025-01-05")
    assert command("run").code == 3
    monkeypatch.setenv("USER_ACTIVITY_EVENT_TYPES", "click,swipe")

    def cut_off(*_: object) -> None:
        raise RuntimeError("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(Runner, "_build", cut_off)
        assert command("quarantine", "replay").code == 1
    assert rows(command, EVENTS) == [("ann", "click")]
    answer = command("quarantine", "replay", "--json")
    assert (answer.code, answer.document["dates_rebuilt"]) == (0, ["2025-01-05"])
    assert rows(command, EVENTS) == [("ann", "click"), ("ann", "swipe")]


@pytest.mark.long
def test_what_a_file_says_has_no_power_over_the_terminal(command: Command, tmp_path: Path) -> None:
    hostile = [EVENT | {"event_type": text, "page_url": text} for text in HOSTILE.values()]
    name = "[red]\x1b[31m evil\u202e.jsonl"
    land(command, tmp_path, name, hostile, "2025-01-05")
    (tmp_path / "orders.jsonl").write_text('{"order_id": "o"}\n')
    command("land", str(tmp_path / "orders.jsonl"), "--source", "orders", "--date", "2025-01-05")
    assert command("run", "--json").code == 3
    for arguments in (["list"], ["show"], ["show", "--state", "any"]):
        answer = command("quarantine", *arguments)
        assert answer.code == 0
        assert all(each.isprintable() or each == "\n" for each in answer.out)
    assert "[red]\\x1b[31m evil\\u202e.jsonl, row 1," in answer.out
    assert "[red]x[/] [/] [link=file:///etc/passwd]y[/link] :warning: \\\\[" in answer.out
    shown = command("quarantine", "show", "--file", name, "--json").document
    assert [json.loads(record["record"])["page_url"] for record in shown] == list(HOSTILE.values())
    records = rows(command, "select record from audit.bad_records where source = 'events' order by row_number")
    assert [json.loads(record)["event_type"] for (record,) in records] == list(HOSTILE.values())
    answer = command("quarantine", "export", str(tmp_path / "both.jsonl"))
    assert (answer.code, (tmp_path / "both.jsonl").exists()) == (2, False)
    assert "choose one with --source" in answer.err
    assert command("quarantine", "replay", "--source", "events").code == 3
    assert command("status", "--json").document["records_open"] == {"events": len(HOSTILE), "orders": 1}
