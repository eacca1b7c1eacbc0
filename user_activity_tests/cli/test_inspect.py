"""``inspect`` on the command line: one report or one JSON object, no question, and a map that is written on request."""

import json
from pathlib import Path

import pytest

from user_activity_tests.cli.conftest import Command

CLICKS = '{"anonymousId": "u1", "kind": "view", "when": "2026-01-05T10:00:00Z"}\n'
OWN = "user_id,event_type,event_at\nu1,click,2026-01-05T10:00:00Z\n"
MAP = """events:
  roles: {product_view: [view]}
  user_id: anonymousId
  event_type: kind
  event_at: when
"""


@pytest.fixture
def clicks(data_dir: Path) -> str:
    path = data_dir.parent / "clicks.jsonl"
    path.write_text(CLICKS)
    return str(path)


def test_a_report_says_what_to_do_and_writes_nothing(clicks: str, command: Command, data_dir: Path) -> None:
    answer = command("inspect", clicks)
    assert answer.code == 0
    assert MAP in answer.out
    assert "USER_ACTIVITY_FIELD_MAPS_FILE=field-maps.yml" in answer.out
    assert "1 of 1 record would be accepted with this map" in answer.out
    assert f"user-activity land {clicks} --source events" in answer.err
    assert [path.name for path in data_dir.parent.iterdir()] == ["clicks.jsonl"]


def test_a_file_of_our_own_shape_needs_nothing(command: Command, data_dir: Path) -> None:
    (data_dir.parent / "own.csv").write_text(OWN)
    answer = command("inspect", "own.csv")
    assert answer.code == 0
    assert "Nothing to map" in answer.out
    assert "USER_ACTIVITY_" not in answer.out


def test_the_written_map_is_used_by_the_next_commands(
    clicks: str, command: Command, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = data_dir.parent / "field-maps.yml"
    path.write_text("users:\n  name: nick\n")
    assert command("inspect", clicks, "--write").code == 0
    assert path.read_text() == "users:\n  name: nick\n" + MAP
    monkeypatch.setenv("USER_ACTIVITY_FIELD_MAPS_FILE", str(path))
    again = command("inspect", clicks, "--json").document
    assert {column["reason"] for column in again["columns"]} == {"your field map"}
    assert again["validation_now"]["accepted"] == 1
    refused = command("inspect", clicks, "--write")
    assert refused.code == 2
    assert "has a map of events already: replace it with --force" in refused.err
    assert command("inspect", clicks, "--write", "--force").code == 0


def test_json_is_one_object_and_asks_nothing(clicks: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> str:
        raise AssertionError("a question")

    monkeypatch.setattr("builtins.input", asked)
    monkeypatch.setattr("sys.stdin", None)
    answer = command("inspect", clicks, "--json", "--write")
    assert (answer.code, answer.err) == (0, "")
    report = answer.document
    assert report["source"] == "events"
    assert report["field_map"]["events"]["user_id"] == "anonymousId"
    assert report["written"] == "field-maps.yml"
    assert report["validation"]["accepted"] == 1
    assert report["preview"][0]["event_type"] == "product_view"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", "colour,shape\nred,round\n", "No record could be ingested"),
        ("a.csv", "", "a.csv is empty"),
        ("a.csv", b"user_id,name\n" + b"u,x\n" * 20_000 + b"u,M\xfcller\n", "iconv -f WINDOWS-1252"),
        ("a.zip", b"PK\x03\x04", "unpack it"),
    ],
)
def test_a_file_of_no_use_leaves_with_3(
    name: str, content: str | bytes, says: str, command: Command, data_dir: Path
) -> None:
    (data_dir.parent / name).write_bytes(content.encode() if isinstance(content, str) else content)
    answer = command("inspect", name, "--write")
    assert answer.code == 3
    assert says in answer.err
    assert not (data_dir.parent / "field-maps.yml").exists()
    told = command("inspect", name, "--json")
    assert (told.code, told.err) == (3, "")
    assert isinstance(json.loads(told.out), dict)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.csv"], "nowhere.csv is not a readable file"),
        (["clicks.jsonl", "--source", "clicks"], "Unknown source 'clicks'"),
        (["clicks.jsonl", "--sample", "0"], "--sample"),
        ([], "Missing argument"),
    ],
)
def test_wrong_usage_leaves_with_2(arguments: list[str], says: str, clicks: str, command: Command) -> None:
    answer = command("inspect", *arguments)
    assert answer.code == 2
    assert says in answer.err


def test_control_characters_of_a_file_do_not_reach_the_terminal(command: Command, data_dir: Path) -> None:
    (data_dir.parent / "a.csv").write_text(
        "user_id,event_type,event_at,x\x1b[2J\nu\x1b[31m[bold],click,2026-01-05,[/]\n"
    )
    answer = command("inspect", "a.csv")
    assert answer.code == 0
    assert "\x1b" not in answer.out + answer.err
    assert "[bold]" in answer.out


def test_a_preset_is_tried_on_a_file_and_written_by_its_name(
    command: Command, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = {"type": "track", "event": "Order Completed", "anonymousId": "a1", "timestamp": "2026-01-05T10:00:00Z"}
    (data_dir.parent / "calls.jsonl").write_text(json.dumps(call | {"properties": {"revenue": 5}, "kind": "x"}) + "\n")
    answer = command("inspect", "calls.jsonl", "--preset", "segment", "--source", "events", "--write")
    assert answer.code == 0
    assert "1 of 1 record would be accepted with this map" in answer.out
    assert (data_dir.parent / "field-maps.yml").read_text() == "events:\n  preset: segment\n"
    monkeypatch.setenv("USER_ACTIVITY_FIELD_MAPS_FILE", "field-maps.yml")
    again = command("inspect", "calls.jsonl", "--json").document
    assert again["field_map"] == {"events": {"preset": "segment"}}
    assert again["validation_now"]["accepted"] == 1
    assert again["preview"][0]["revenue"] == 5
    other = command("inspect", "calls.jsonl", "--preset", "rees46", "--json").document
    assert other["missing"] == ["user_id", "event_type", "event_at"]


def test_an_unknown_preset_is_named(clicks: str, command: Command) -> None:
    misspelt = command("inspect", clicks, "--preset", "segmnt")
    assert (misspelt.code, "--preset has the preset 'segmnt': the nearest is 'segment'" in misspelt.err) == (2, True)
    misplaced = command("inspect", clicks, "--preset", "shopify", "--source", "events")
    assert misplaced.code == 2
    assert "it is for order_items and orders: choose one of amplitude, ga4" in misplaced.err
