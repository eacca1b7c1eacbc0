"""What somebody changed by hand behind the platform's back is found by a full recount, and mended where it can be."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from user_activity_tests.cli.conftest import Command
from user_activity_tests.platform import Platform, differences

DAY = date(2025, 1, 7)
EVENTS = [
    {"event_id": f"e{n}", "user_id": f"u{n % 3}", "event_type": "page_view", "event_at": f"{DAY}T1{n}:00:00Z"}
    for n in range(6)
]
Damage = Callable[[Platform], None]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Six events in two files, built. Tests only copy it."""
    platform = Platform(tmp_path_factory.mktemp("built") / "data")
    for name, records in (("a.jsonl", EVENTS[:3]), ("b.jsonl", EVENTS[3:])):
        platform.drop("events", DAY, name, "".join(json.dumps(record) + "\n" for record in records).encode())
    platform.run()
    return platform


@pytest.fixture
def data_dir(built: Platform, tmp_path: Path) -> Path:
    return shutil.copytree(built.settings.data_dir, tmp_path / "data")


def sql(statement: str) -> Damage:
    def change(platform: Platform) -> None:
        with duckdb.connect(str(platform.settings.warehouse_dir / "user_activity.duckdb")) as connection:
            connection.execute(statement)

    return change


def remove(folder: str, pattern: str) -> Damage:
    return lambda platform: next((platform.settings.data_dir / folder).rglob(pattern)).unlink()


def spoil(folder: str, pattern: str) -> Damage:
    return lambda platform: next((platform.settings.data_dir / folder).rglob(pattern)).write_bytes(b"spoilt") and None


def test_what_a_run_left_agrees(command: Command) -> None:
    answer = command("verify")
    assert (answer.code, answer.out.strip()) == (0, "Archive, lake, warehouse and published files agree.")


DAMAGES: dict[str, tuple[Damage, str]] = {
    "rows deleted": (sql("delete from marts.fct_events where event_id = 'e1'"), "marts.fct_events holds other rows of"),
    "users deleted": (sql("delete from marts.dim_users where user_id = 'u1'"), "marts.dim_users holds"),
    "staged rows deleted": (
        sql("delete from staging.stg_events where event_id = 'e1'"),
        "6 rows accepted, but 5 staged",
    ),
    "table dropped": (sql("drop table metrics.funnel"), "metrics.funnel"),
    "part removed": (remove("lake/raw", "*.parquet"), "is missing"),
    "part spoilt": (spoil("lake/raw", "*.parquet"), "is damaged"),
    "published day removed": (remove("published/marts/fct_events", "*.parquet"), "holds 0 rows, marts.fct_events 6"),
    "published file spoilt": (spoil("published/marts/dim_users", "*.parquet"), "a file is damaged"),
}


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("rows deleted", "part spoilt") else pytest.param(name, marks=pytest.mark.long)
        for name in DAMAGES
    ],
)
def test_damage_is_found_named_and_repaired(name: str, command: Command, built: Platform, data_dir: Path) -> None:
    damage, says = DAMAGES[name]
    damaged = Platform(data_dir)
    damage(damaged)
    found = command("verify")
    assert found.code == 1
    assert says in " ".join(found.err.split())
    repaired = command("verify", "--repair", "--json")
    assert (repaired.code, repaired.document["differences"]) == (0, [])
    assert any(says in each["difference"] for each in repaired.document["repaired"])
    assert not differences(damaged.tables(), built.tables())
    events = "select event_id from marts.fct_events order by 1"
    assert damaged.query_published(events) == built.query_published(events)


def test_an_original_that_is_missing_needs_a_backup(command: Command, data_dir: Path) -> None:
    original = next((data_dir / "archive").rglob("*a.jsonl"))
    original.unlink()
    answer = command("verify", "--repair", "--json")
    assert answer.code == 1
    (difference,) = answer.document["differences"]
    assert difference["mended_by"] == "backup"
    assert f"{original} is missing in the archive: put it back from a backup." in difference["difference"]
