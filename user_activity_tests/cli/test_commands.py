"""Every command helps, answers programs with one document, and says what is wrong in a sentence."""

import fcntl
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from user_activity import sources
from user_activity.cli import app, status
from user_activity.orchestration.dbt.runner import ensure_manifest
from user_activity.settings import Settings
from user_activity.sources import SourceRejected
from user_activity_tests.cli.conftest import Command

HEAVY = ("dagster", "dbt", "sqlalchemy")


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, found in group.commands.items():
        if hasattr(found, "commands"):
            yield from commands(found, (*path, name))
        else:
            yield " ".join((*path, name)), found


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_all_commands_are_there() -> None:
    quarantine = {"quarantine list", "quarantine show", "quarantine export", "quarantine replay"}
    files = {"simulate", "inspect", "land", "extract", "withdraw"}
    others = {"run", "backfill", "status", "why", "verify", "query", "alert-test", "demo", "dev", "migrate"}
    assert set(COMMANDS) == quarantine | files | others


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_with_an_example_of_itself(name: str) -> None:
    assert f"Example: user-activity {name}" in (COMMANDS[name].help or "")
    assert all(parameter.help for parameter in COMMANDS[name].params if parameter.name != "help")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_an_answer_not_an_error(name: str, command: Command) -> None:
    answer = command(*name.split(), "--help")
    assert answer.code == 0
    assert answer.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["status"],
        ["alert-test"],
        ["quarantine", "list"],
        ["land", "x.jsonl", "--source", "events"],
        ["inspect", "x.jsonl"],
        ["query", "select 1"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_small_commands_do_not_wait_for_dagster(arguments: list[str], tmp_path: Path) -> None:
    script = (
        "import sys; from user_activity.cli import main\n"
        "try: main(sys.argv[1:])\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    (tmp_path / "x.jsonl").write_text("{}\n")
    ensure_manifest(Settings(_env_file=None, data_dir=tmp_path / "data"))  # the first command after a change parses
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "USER_ACTIVITY_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_a_misspelt_setting_is_reported_once_and_leaves_the_json_alone(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from user_activity.cli import main; main()", "status", "--json"],
        env={
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "USER_ACTIVITY_DATA_DIR": str(tmp_path / "data"),
            "USER_ACTIVITY_TIMEZON": "UTC",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["files_waiting"] == {}
    assert done.stderr.split() == (
        "USER_ACTIVITY_TIMEZON is no setting and is ignored. Do you mean USER_ACTIVITY_TIMEZONE?".split()
    )


def test_a_source_that_is_declared_wrongly_is_one_sentence(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def rejected(package: ModuleType) -> None:
        raise SourceRejected("user_activity/sources/visits.py declares no source.")

    monkeypatch.setattr(sources, "SOURCES", type(sources.SOURCES)())
    monkeypatch.setattr(sources, "discover", rejected)
    answer = command("land", __file__, "--source", "events")
    assert (answer.code, answer.err.strip()) == (1, "user_activity/sources/visits.py declares no source.")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["land", "nowhere.jsonl", "--source", "events"], "nowhere.jsonl is not a readable file"),
        (["land", __file__, "--source", "events", "--date", "2131-01-01"], "2131-01-01 is no landing date: choose one"),
        (
            ["land", __file__, "--source", "events", "--date", "2024-12-31"],
            "from 2025-01-01 (the start date) to tomorrow",
        ),
        (["land", __file__, "--source", "clicks"], "Unknown source 'clicks': choose one of events"),
        (["quarantine", "list", "--source", "clicks"], "Unknown source 'clicks'"),
        (["quarantine", "export", "broken.xlsx"], "must end in .jsonl"),
        (["quarantine", "list", "--state", "done"], "'done' is not one of 'open'"),
        (["quarantine", "replay", "--source", "clicks"], "Unknown source 'clicks'"),
        (["backfill", "--from", "2025-02-01", "--to", "2025-01-01"], "is after"),
        (["backfill", "--from", "2024-02-01", "--to", "2025-01-01"], "before the first partition"),
        (["backfill", "--from", "2025-02-01"], "Give the dates, --from and --to, or the models of a --full-refresh."),
        (["backfill", "--full-refresh", "marts/fct_orders", "--to", "2025-02-01"], "leave out --from and --to"),
        (["backfill", "--full-refresh", "marts/nothing"], "No asset is called 'marts/nothing'"),
        (["simulate", "--days", "none"], "--days"),
        (["land"], "Missing argument"),
        (["fly"], "No such command"),
    ],
)
def test_wrong_usage_is_named_and_leaves_with_2(arguments: list[str], says: str, command: Command) -> None:
    answer = command(*arguments)
    assert answer.code == 2
    assert says in answer.err


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("USER_ACTIVITY_TIMEZONE", "Mars/Phobos", "not an IANA time zone"),
        ("USER_ACTIVITY_SESSION_TIMEOUT_MINUTES", "0", "greater than or equal to 1"),
        ("USER_ACTIVITY_START_DATE", "soon", "valid date"),
        ("USER_ACTIVITY_FIELD_MAPS", "{", "valid JSON"),
        ("USER_ACTIVITY_FIELD_MAPS", '{"event": {}}', "the nearest is 'events'"),
        ("USER_ACTIVITY_DEFAULT_CURRENCY", "euro", "ISO 4217"),
    ],
)
def test_a_wrong_setting_is_one_sentence_with_its_name_value_and_rule(
    name: str, value: str, rule: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    answer = command("status")
    assert answer.code == 2
    assert name in answer.err
    assert rule in answer.err
    assert len(answer.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "insert into marts.fct_events values (1)",
        "update marts.fct_events set revenue = 0",
        "delete from marts.fct_events",
        "drop table marts.fct_events",
        "copy marts.fct_events to 'x.csv'",
        "attach 'x.duckdb'",
        "set threads = 1",
        "select 1; drop table marts.fct_events",
        "with a as (select 1) insert into marts.fct_events select * from a",
        "/* select */ delete from marts.fct_events",
        "-- select\ncreate table x (y int)",
        "",
        "  ;  ",
    ],
)
def test_a_statement_that_writes_is_refused(sql: str, command: Command) -> None:
    answer = command("query", sql)
    assert answer.code == 2
    assert len(answer.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "sql", ["select ';' as a", "SELECT 1 -- ; drop", "(select 1)", "from x", "with a as (select 1) from a;"]
)
def test_a_statement_that_reads_is_let_through(sql: str, command: Command) -> None:
    answer = command("query", sql)
    assert answer.code == 1
    assert "There is no warehouse" in answer.err


def test_nothing_is_no_error(command: Command, data_dir: Path) -> None:
    state = command("status", "--json").document
    assert state["warehouse"]["state"] == "not built yet"
    assert state["files_waiting"] == {}
    assert command("run").out == "Nothing new: 0 rows changed.\n"
    assert command("quarantine", "list", "--json").document == []


def test_a_landed_file_waits_and_lands_once(command: Command, tmp_path: Path) -> None:
    file = tmp_path / 'it\'s a "file" ünïcode.jsonl'
    file.write_text("{}\n")
    arguments = ("land", str(file), "--source", "events", "--date", "2025-01-31", "--json")
    (first,) = command(*arguments).document
    (second,) = command(*arguments).document
    assert (first["already_landed"], second["already_landed"]) == (False, True)
    assert first["landing_date"] == "2025-01-31"
    assert command("status", "--json").document["files_waiting"] == {"events": 1}


def test_a_wrong_row_of_a_reference_file_leaves_with_2(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "holidays.csv").write_text("date,name\n25.12.2025,Christmas\n")
    monkeypatch.setenv("USER_ACTIVITY_HOLIDAYS_FILE", str(tmp_path / "holidays.csv"))
    answer = command("status")
    assert answer.code == 2
    assert "holidays.csv, row 1: date: " in answer.err


@pytest.mark.parametrize(("umask", "folder", "file"), [("", 0o700, 0o600), ("027", 0o750, 0o640)])
def test_a_setting_says_who_else_may_read(
    umask: str, folder: int, file: int, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER_ACTIVITY_UMASK", umask)
    (tmp_path / "a.jsonl").write_text("{}\n")
    (landed,) = command("land", str(tmp_path / "a.jsonl"), "--source", "events", "--json").document
    path = Path(landed["path"])
    assert path.stat().st_mode & 0o777 == file
    assert {parent.stat().st_mode & 0o777 for parent in list(path.parents)[:4]} == {folder}


def test_what_lies_where_no_source_looks_is_named(command: Command, data_dir: Path) -> None:
    for name in ("evnts/2025-01-05/a.jsonl", "orders-2025.csv", "empty/.keep", "half.jsonl.tmp"):
        (data_dir / "incoming" / name).parent.mkdir(parents=True, exist_ok=True)
        (data_dir / "incoming" / name).write_text("{}\n")
    told = (
        "incoming/evnts/ is no source's folder, and what is in it is not ingested: "
        "move it into the folder of its source (incoming/events/?).",
        "incoming/orders-2025.csv, in no source's folder, is not ingested: "
        "move it into the folder of its source (incoming/orders/?).",
    )
    assert command("status", "--json").document["passed_over"] == list(told)
    assert all(sentence in command("status").out for sentence in told)
    run = command("run")
    assert run.code == 0
    assert all(sentence in run.err for sentence in told)
    assert "empty" not in run.err
    assert "half" not in run.err


def test_a_step_of_a_funnel_that_no_event_type_counts_as_is_named(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER_ACTIVITY_EVENT_TYPES", "view,cart,purchase")
    told = "No accepted event type counts as step 1 (page_view or product_view), step 2 (add_to_cart)"
    assert told in command("status", "--json").document["steps_without_events"][0]
    assert told in command("status").out
    assert told in command("run").err


@pytest.mark.parametrize(
    ("url", "code", "says"),
    [
        ("", 2, "USER_ACTIVITY_WAREHOUSE_URL is missing"),
        ("http://there", 2, "USER_ACTIVITY_WAREHOUSE_URL cannot be read"),
        ("postgresql://me:wrong@127.0.0.1:1/x", 1, "PostgreSQL at 127.0.0.1:1/x cannot be used"),
    ],
)
def test_a_run_that_has_nothing_to_do_fails_where_its_warehouse_cannot_be_used(
    url: str, code: int, says: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER_ACTIVITY_WAREHOUSE", "postgres")
    monkeypatch.setenv("USER_ACTIVITY_WAREHOUSE_URL", url)
    answer = command("run")
    assert (answer.code, answer.out) == (code, "")
    assert says in answer.err


def test_simulated_files_can_stay_outside(command: Command, tmp_path: Path) -> None:
    made = command("simulate", "--days", "2", "--events", "50", "--out", str(tmp_path / "files"), "--json").document
    assert made["events"] == 50
    assert len(list((tmp_path / "files").rglob("*.*"))) == made["files"]
    assert command("status", "--json").document["files_waiting"] == {}
    assert command("simulate", "--days", "2", "--events", "50", "--out", str(tmp_path / "files")).code == 2


def test_a_second_run_says_that_it_waits_and_goes_on_when_the_first_is_done(command: Command, data_dir: Path) -> None:
    data_dir.mkdir()
    with (data_dir / ".run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        threading.Timer(0.5, lambda: fcntl.flock(lock, fcntl.LOCK_UN)).start()
        answer = command("run")
    assert answer.code == 0
    assert "process 4711" in answer.err


def test_what_led_to_a_failure_goes_to_a_log(command: Command, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr("user_activity.cli.status.gather", explode)
    answer = command("status")
    assert answer.code == 1
    assert answer.err.startswith("the disk is gone (full traceback: ")
    assert "Traceback" in (data_dir / "logs" / "errors.log").read_text()


def test_an_error_is_told_where_its_log_cannot_be_written(
    command: Command, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    """As on a full disk, where every command fails and then its log."""
    data_dir.mkdir()
    (data_dir / "logs").mkdir()
    (data_dir / "logs" / "errors.log").symlink_to("/dev/full")
    monkeypatch.setattr(status, "gather", lambda settings: 1 / 0)
    answer = command("status")
    assert answer.code == 1
    assert "division by zero (the log could not be written: No space left on device; free disk space" in answer.err
