"""From landed files to tables and back, through the commands that do it."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import duckdb
import pytest

from user_activity.cli import main
from user_activity.warehouse import WarehouseBusy
from user_activity_tests.cli.conftest import Command

EVENT = {"event_id": "e1", "user_id": "ann", "event_type": "page_view", "event_at": "2025-01-05T10:00:00Z"}


DEMO = ("demo", "--days", "8", "--events", "600", "--json")


@pytest.fixture(scope="module")
def first_demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A small shop, and what the command said that built it."""
    folder = tmp_path_factory.mktemp("shop")
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("USER_ACTIVITY_DATA_DIR", str(folder / "data"))
        for name in ("DAGSTER_HOME", "DAGSTER_EVENT_BATCH_SIZE"):
            patch.setenv(name, "")
        umask = os.umask(0o022)
        with redirect_stdout(said), pytest.raises(SystemExit) as left:
            main(list(DEMO))
        os.umask(umask)
    assert left.value.code == 0
    return folder / "data", json.loads(said.getvalue())


@pytest.fixture
def data_dir(first_demo: tuple[Path, dict[str, Any]]) -> Path:
    return first_demo[0]


def events(tmp_path: Path, *records: dict[str, object]) -> str:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def test_a_demo_leaves_tested_tables_and_says_what_is_in_them(first_demo: tuple[Path, dict[str, Any]]) -> None:
    _, summary = first_demo
    assert summary["success"]
    assert summary["simulated"]["broken_records"] == sum(row["rows_quarantined"] for row in summary["sources"].values())
    assert summary["rows"]["marts.fct_events"] == 600
    assert summary["checks"]["failed"] == []
    assert summary["checks"]["passed"] > 50
    week, funnel, retention = summary["metrics"].values()
    assert (len(week), len(funnel), len(retention)) == (7, 3, 0)  # no month is over
    assert "2025-01-05" in summary["dates_rebuilt"]


def test_all_that_a_demo_writes_is_its_owners_alone(data_dir: Path) -> None:
    written = [data_dir, *data_dir.rglob("*")]
    assert {path.name for path in written} >= {"user_activity.duckdb", "runs.db", "archive", "published"}
    assert [path for path in written if not path.is_symlink() and path.stat().st_mode & 0o077] == []


def test_a_second_demo_changes_no_row_and_says_so(command: Command) -> None:
    before = command("status", "--json").document["warehouse"]["rows"]
    again = command(*DEMO).document
    assert (again["sources"], again["dates_rebuilt"], again["rows"]) == ({}, [], before)
    assert "Nothing new: 0 rows changed." in command(*DEMO[:-1]).out


def test_a_rejected_record_leaves_with_3_and_mended_with_0_rebuilding_its_dates_only(
    command: Command, tmp_path: Path
) -> None:
    good, bad = EVENT | {"event_id": "e2", "quantity": -1}, EVENT | {"event_id": "e3", "event_at": "soon"}
    command("land", events(tmp_path, good, bad), "--source", "events", "--date", "2025-01-07")
    answer = command("run", "--json")
    assert answer.code == 3
    (rule,) = answer.document["quarantined"]
    assert (rule["file"], rule["row"], rule["rule"]) == ("events.jsonl", 2, "event_at_not_a_time")
    assert answer.document["set_aside"] == [{"source": "events", "rule": "quantity_out_of_range", "values": 1}]
    (shown,) = command("quarantine", "show", "--file", "events.jsonl", "--json").document
    assert json.loads(shown["record"])["event_at"] == "soon"

    mended = tmp_path / "mended.jsonl"
    assert command("quarantine", "export", str(mended), "--file", "events.jsonl").code == 0
    mended.write_text(mended.read_text().replace("soon", str(EVENT["event_at"])))
    command("land", str(mended), "--source", "events", "--date", "2025-01-08")
    answer = command("run", "--json")
    assert answer.code == 0
    assert answer.document["sources"]["events"]["rows_accepted"] == 1
    assert answer.document["dates_rebuilt"] == ["2025-01-05", "2025-01-08"]
    asked = command(
        "query", "select event_id, quantity from staging.stg_events where event_id in ('e2', 'e3') order by 1", "--json"
    )
    assert asked.document == [{"event_id": "e2", "quantity": None}, {"event_id": "e3", "quantity": None}]


@pytest.mark.long
def test_building_again_what_is_right_changes_no_row(command: Command) -> None:
    sql = "select count(*) as rows, sum(event_key % 1000) as digest from marts.fct_events"
    before = command("query", sql, "--json").document
    answer = command("backfill", "--from", "2025-01-01", "--to", "2025-01-03", "--rebuild-raw", "--json")
    assert answer.code == 0
    assert answer.document["dates_rebuilt"] == ["2025-01-01", "2025-01-02", "2025-01-03"]
    assert command("query", sql, "--json").document == before


def test_a_backfill_of_one_asset_leaves_the_others_alone(command: Command) -> None:
    arguments = ("backfill", "--from", "2025-01-02", "--to", "2025-01-02", "--select")
    assert command(*arguments, "key:marts/fct_orders", "--json").code == 0
    missing = command(*arguments, "key:marts/nothing")
    assert missing.code == 2
    assert "No asset is called 'key:marts/nothing'" in missing.err


def test_a_full_refresh_makes_a_table_anew_whatever_it_was(command: Command, data_dir: Path) -> None:
    """Also a table whose SQL reads its own rows, and a view that is not what its SQL says."""
    sql = (
        "select count(*) as rows, sum(order_key % 1000) as digest from marts.fct_orders union all "
        "select count(*), sum(event_type_key % 1000) from marts.dim_event_types"
    )
    before = command("query", sql, "--json").document
    with duckdb.connect(str(data_dir / "warehouse" / "user_activity.duckdb")) as connection:
        connection.execute("alter table marts.fct_orders alter column status type integer using 7")
        connection.execute("delete from marts.fct_orders where order_key % 2 = 0")
        connection.execute("create or replace view audit.row_deltas as select 1 as other")
        connection.execute("comment on view audit.row_deltas is 'the digest of another SQL'")
    assert command("query", sql, "--json").document != before
    names = ["audit.row_deltas", "marts.dim_event_types", "marts.fct_orders"]
    chosen = " or ".join(f"key:{name.replace('.', '/')}" for name in names)
    answer = command("backfill", "--full-refresh", chosen, "--json")
    assert (answer.code, answer.document["tables_rebuilt"]) == (0, names)
    assert "run_id" in command("query", "from audit.row_deltas limit 1", "--json").document[0]
    assert command("query", sql, "--json").document == before


def test_status_tells_what_it_can_while_the_warehouse_is_written(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "staging.stg_events" not in command("status").out
    assert "staging.stg_events" in command("status", "--tables").out

    def busy(*_: object) -> None:
        raise WarehouseBusy("held")

    monkeypatch.setattr("user_activity.warehouse.duckdb.DuckDBWarehouse.built_dates", busy)
    answer = command("status")
    assert answer.code == 0, answer.err
    assert "unknown while another process writes the warehouse" in answer.out
    assert command("status", "--json").document["stale_dates"] is None


def test_a_question_is_answered_from_what_is_published_while_the_warehouse_is_written(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("query", "select count(*) as rows, max(event_date) as latest from marts.fct_events", "--json")
    expected = command(*arguments).document

    def busy(*_: object) -> None:
        raise WarehouseBusy("held")

    monkeypatch.setattr("user_activity.warehouse.duckdb.DuckDBWarehouse.ask", busy)
    answer = command(*arguments)
    assert answer.code == 0, answer.err
    assert answer.document == expected
    assert "the last published files" in answer.err


def test_the_status_tells_what_is_there(command: Command) -> None:
    state = command("status", "--json").document
    assert state["stale_dates"] == []
    assert state["landed"]["events"]["first"] == "2025-01-01"
    assert state["latest_runs"][0]["state"] == "success"
    assert state["warehouse"]["rows"]["marts.fct_events"] >= 600
    assert "Warehouse     ready" in command("status").out


@pytest.mark.long
@pytest.mark.long
def test_holidays_are_those_of_a_file_and_cost_one_date(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = "select cast(date_day as varchar) as day, holiday_name from marts.dim_dates where is_holiday order by 1"
    assert command("query", named, "--json").document == []
    holidays = tmp_path / "holidays.csv"
    holidays.write_text("date,name\n2025-01-06,Epiphany\n2025-05-01,Labour Day\n1999-01-01,Before all data\n")
    monkeypatch.setenv("USER_ACTIVITY_HOLIDAYS_FILE", str(holidays))
    (stale,) = command("status", "--json").document["stale_dates"]
    assert command("run", "--json").document["dates_rebuilt"] == [stale]
    assert command("status", "--json").document["stale_dates"] == []
    assert command("query", named, "--json").document == [
        {"day": "2025-01-06", "holiday_name": "Epiphany"},
        {"day": "2025-05-01", "holiday_name": "Labour Day"},
    ]
    monkeypatch.setenv("USER_ACTIVITY_HOLIDAYS_FILE", "")
    assert command("status", "--json").document["stale_dates"] == [stale]


@pytest.mark.long
def test_a_program_that_runs_it_reads_one_document_and_no_word_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "incoming" / "events" / "2025-01-05"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text(json.dumps(EVENT) + "\n")
    program = Path(sys.executable).parent / "user-activity"
    environment = {**os.environ, "USER_ACTIVITY_DATA_DIR": str(tmp_path)}
    done = subprocess.run([program, "run", "--json"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["dates_rebuilt"] == ["2025-01-05"]
