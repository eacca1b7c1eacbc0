"""PostgreSQL as the warehouse: who may read, who waits for whom, what its server says, and what files can do to it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2 import errors

from user_activity.cli import main
from user_activity.orchestration.command_runs import open_runner
from user_activity.settings import Settings
from user_activity.warehouse import WarehouseUnreachable, open_warehouse
from user_activity_tests.laws.histories import encode
from user_activity_tests.platform import Platform, differences
from user_activity_tests.postgres import Server

DAY = date(2025, 1, 10)
READER, READER_PASSWORD = "user_activity_reader", "only to read"


def event(name: str, at: str, **more: Any) -> dict[str, Any]:
    return {"event_id": name, "user_id": "ann", "event_type": "page_view", "event_at": f"{at}Z", **more}


def drop(platform: Platform, day: date, name: str, *events: dict[str, Any]) -> None:
    platform.drop("events", day, name, encode(events, name))


@pytest.fixture(scope="module")
def built(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A platform with a day of events in it."""
    platform = Platform(
        tmp_path_factory.mktemp("built"),
        warehouse="postgres",
        warehouse_url=server.fresh_database("built"),
        warehouse_reader_password=READER_PASSWORD,
    )
    drop(platform, DAY, "a.jsonl", event("e1", "2025-01-10T10:00:00"), event("e2", "2025-01-10T10:01:00"))
    platform.run()
    return platform


@pytest.fixture
def reader(server: Server, built: Platform) -> Iterator[Any]:
    with closing(psycopg2.connect(server.url("built", READER, READER_PASSWORD))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def test_the_reader_reads_marts_metrics_and_audit(reader: Any) -> None:
    for relation in ("marts.fct_events", "marts.dim_products", "metrics.daily_engagement", "audit.landed_files"):
        reader.execute(f"select count(*) from {relation}")


@pytest.mark.parametrize(
    "statement",
    [
        "insert into marts.fct_events select * from marts.fct_events",
        "update metrics.daily_engagement set dau = 0",
        "delete from audit.landed_files",
        "truncate marts.fct_events",
        "drop table marts.fct_events",
        "create table marts.mine (one integer)",
        "create table public.mine (one integer)",
        "create schema mine",
        "alter table marts.fct_events owner to user_activity_reader",
        "select * from raw.events",
        "select * from staging.stg_events",
        "copy marts.fct_events to program 'cat'",
        "select pg_read_file('/etc/passwd')",
    ],
)
def test_the_reader_does_nothing_else(reader: Any, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        reader.execute(statement)


@pytest.mark.long
def test_tables_that_are_replaced_stay_readable(built: Platform, reader: Any) -> None:
    drop(built, DAY + timedelta(days=1), "b.jsonl", event("e3", "2025-01-11T10:00:00"))
    built.run()
    reader.execute("select count(*) from marts.fct_events")
    assert reader.fetchone() == (3,)
    reader.execute("select count(*) from marts.dim_dates")


def test_a_reader_in_the_midst_of_a_day_holds_up_no_build_and_sees_the_day_as_it_was(
    built: Platform, server: Server
) -> None:
    count = "select count(*) from marts.fct_events where event_date = '2025-01-12'"
    drop(built, DAY + timedelta(days=2), "c.jsonl", event("e4", "2025-01-12T10:00:00"))
    built.run()
    with closing(psycopg2.connect(server.url("built", READER, READER_PASSWORD))) as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "select quote_ident(table_schema) || '.' || quote_ident(table_name) from information_schema.tables "
                "where table_schema in ('marts', 'metrics', 'audit')"
            )
            for (relation,) in cursor.fetchall():
                cursor.execute(f"select count(*) from {relation}")
            cursor.execute(count)
            assert cursor.fetchone() == (1,)
            drop(built, DAY + timedelta(days=3), "d.jsonl", event("e5", "2025-01-12T11:00:00"))
            built.run()
            cursor.execute(count)
            assert cursor.fetchone() == (1,)
            connection.rollback()
            cursor.execute(count)
            assert cursor.fetchone() == (2,)


def test_a_query_changes_nothing(built: Platform) -> None:
    with pytest.raises(errors.ReadOnlySqlTransaction):
        built.query("delete from marts.fct_events returning 1")


def test_text_is_ordered_by_its_bytes_whatever_the_database_was_created_for(built: Platform) -> None:
    in_other_orders = built.query(
        """select n.nspname || '.' || r.relname || '.' || a.attname
        from pg_attribute a join pg_class r on r.oid = a.attrelid join pg_namespace n on n.oid = r.relnamespace
        where n.nspname in ('raw', 'audit', 'marts', 'metrics') and r.relkind = 'r' and a.attnum > 0
            and a.attcollation not in (0, (select oid from pg_collation where collname = 'C'))"""
    )
    assert not [name for (name,) in in_other_orders if not name.startswith("audit.rebuilt_")]


def test_days_and_keys_are_indexed(built: Platform) -> None:
    indexed = set(
        built.query(
            """select i.indrelid::regclass::text, a.attname from pg_index i
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]"""
        )
    )
    assert {
        ("raw.events", "landing_date"),
        ("staging.stg_events", "event_date"),
        ("staging.stg_events", "event_key"),
        ("marts.fct_events", "user_key"),
        ("metrics.daily_engagement", "activity_date"),
    } <= indexed


def test_a_day_reads_the_landing_dates_that_hold_it_and_no_others(built: Platform) -> None:
    executed = (built.settings.dbt_dir / "last_build.sql").read_text().split("-- model.")
    (model,) = (part for part in executed if part.startswith("user_activity.stg_events\n"))
    assert "landing_date in ('" in model


HOSTILE_FILES = ("h.jsonl", "h.csv")
HOSTILE = (
    "'; drop schema marts cascade; --",
    "\"quoted\", 'twice'",
    "back\\slash \\N \\. \\n %s %(name)s $1 $$ {{ this }}",
    "two\nlines\r\n\\.\nand a tab\t.",
    "ünïcödé 漢字 🦆 \u202e \ufeff\ufffe",
    "a" * 5_000,
)


def one_line_end(text: str) -> str:
    """A CSV reader takes one end of line for another."""
    return text.replace("\r\n", "\n")


@pytest.fixture(scope="module")
def hostile(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A platform that took hostile text in two formats, and a NUL. Tests only read it."""
    platform = Platform(
        tmp_path_factory.mktemp("hostile"), warehouse="postgres", warehouse_url=server.fresh_database("shop")
    )
    texts = ("user_id", "session_id", "product_id", "order_id", "page_url", "referrer", "user_agent", "country")
    more = ("device", "utm_source", "utm_medium", "utm_campaign", "left_over")
    for name in HOSTILE_FILES:
        events = [
            event(f"{name} {number}{text}", "2025-01-10T10:00:00") | dict.fromkeys((*texts, *more), text)
            for number, text in enumerate(HOSTILE)
        ]
        platform.drop("events", DAY, name, encode(tuple(events), name))
    nul = event("nul\0", "2025-01-10T10:00:00")
    platform.drop("events", DAY, "n.csv", encode((nul, event("beside", "2025-01-10T10:00:00")), "n.csv"))
    orders = [
        {
            "order_id": f"o{number}{text}",
            "user_id": text,
            "order_at": "2025-01-10T12:00:00Z",
            "status": "completed",
            "items": [{"product_id": text, "quantity": 1, "unit_price": "1.00", "note": f"nul \0 {text} \\u0000 \\\0"}],
        }
        for number, text in enumerate(HOSTILE)
    ]
    platform.drop("orders", DAY, "o.jsonl", encode(tuple(orders), "o.jsonl"))
    reviews = [
        {"review_id": text, "user_id": text, "product_id": text, "rating": 3, "review_at": "2025-01-10", "body": text}
        for text in HOSTILE
    ]
    platform.drop("reviews", DAY, "r.jsonl", encode(tuple(reviews), "r.jsonl"))
    platform.run()
    return platform


@pytest.mark.long
@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_hostile_text_arrives_as_it_is(hostile: Platform, name: str) -> None:
    expected = {one_line_end(text) for text in HOSTILE}
    of_file = f"where starts_with(event_id, '{name} ')"
    for column, where in (
        ("fct_events.user_id", of_file),
        ("fct_events.country", of_file),
        ("fct_sessions.exit_page", "where user_id <> 'ann'"),
        ("fct_order_items.product_id", ""),
        ("fct_orders.user_id", ""),
        ("fct_reviews.body", ""),
    ):
        found = {text for (text,) in hostile.query(f"select {column} from marts.{column.partition('.')[0]} {where}")}
        assert {one_line_end(text) for text in found} == expected, column
    kept = [
        json.loads(properties) for (properties,) in hostile.query(f"select properties from marts.fct_events {of_file}")
    ]
    assert {one_line_end(found["left_over"]) for found in kept} == expected


@pytest.mark.long
def test_a_nul_is_quarantined_and_its_record_can_be_read(hostile: Platform) -> None:
    found = "select event_id from marts.fct_events where starts_with(event_id, 'nul') or event_id = 'beside'"
    assert hostile.query(found) == [("beside",)]
    assert hostile.query("select record like '%nul\\\\x00%' from audit.bad_records") == [(True,)]


@pytest.mark.long
def test_what_is_known_of_one_warehouse_is_not_taken_for_another(database: Callable[..., str], tmp_path: Path) -> None:
    embedded = Platform(tmp_path)
    drop(embedded, DAY, "a.jsonl", event("e1", "2025-01-10T10:00:00"))
    embedded.run()
    moved = Platform(tmp_path, warehouse="postgres", warehouse_url=database())
    moved.run()
    assert moved.query("select event_id from marts.fct_events") == [("e1",)]


@pytest.mark.long
def test_a_backfill_changes_no_row(built: Platform) -> None:
    before = built.tables()
    with open_runner(built.settings) as runner:
        outcome = runner.backfill(DAY, DAY + timedelta(days=3), None, rebuild_raw=True)
    assert outcome.success, outcome.failures
    assert not differences(built.tables(), before)


@pytest.mark.long
def test_an_owner_without_the_right_to_make_roles_builds_as_well(server: Server, tmp_path: Path) -> None:
    server.execute(
        "drop database if exists shop with (force)", "drop role if exists owner", "create role owner login password 'x'"
    )
    server.execute("create database shop owner owner")
    settings = {"warehouse": "postgres", "warehouse_reader": "nobody_yet"}
    platform = Platform(tmp_path, warehouse_url=server.url("shop", "owner", "x"), **settings)
    drop(platform, DAY, "a.jsonl", event("e1", "2025-01-10T10:00:00"))
    platform.run()
    assert platform.query("select count(*) from marts.fct_events") == [(1,)]


def unreachable(**url: str) -> str:
    with pytest.raises(WarehouseUnreachable) as refused:
        open_warehouse(Settings(_env_file=None, warehouse="postgres", **url)).query("select 1")
    return str(refused.value)


def test_a_server_that_lets_nobody_in_is_told_in_a_sentence(server: Server) -> None:
    wrong = unreachable(warehouse_url=server.url("postgres", "postgres", "s3cret"))
    assert 'password authentication failed for user "postgres"' in wrong
    assert f"127.0.0.1:{server.port}/postgres" in wrong
    assert "Connection refused" in unreachable(warehouse_url="postgresql://me:s3cret@127.0.0.1:1/x")
    assert "does not exist" in unreachable(warehouse_url=server.url("nowhere"))
    assert "is missing" in unreachable()
    for unreadable in ("me:s3cret@host:port:9/x", "me:s3/cret@host/x", "me:s3@cret@host/x", "me:s3cret@host"):
        told = unreachable(warehouse_url=f"postgresql://{unreadable}")
        assert "cannot be read" in told
        assert "cret" not in told
    assert "cannot be read" in unreachable(warehouse_url="mysql://me:s3cret@host/x")


@pytest.mark.long
@pytest.mark.parametrize("command", ["status", "run", "query"])
def test_commands_never_show_the_password(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("USER_ACTIVITY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("USER_ACTIVITY_WAREHOUSE", "postgres")
    monkeypatch.setenv("USER_ACTIVITY_WAREHOUSE_URL", "postgresql://me:s3cret@127.0.0.1:1/x")
    for name in ("DAGSTER_HOME", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "")
    Platform(tmp_path).drop("events", DAY, "a.jsonl", encode((event("e1", "2025-01-10T10:00:00"),), "a.jsonl"))
    with pytest.raises(SystemExit) as left:
        main([command, *(["select 1"] if command == "query" else [])])
    said = "".join(capfd.readouterr())
    assert left.value.code == 1
    assert "PostgreSQL at 127.0.0.1:1/x cannot be used: Connection refused" in said
    assert "s3cret" not in said
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]


@pytest.mark.long
def test_every_command_works_on_a_server(server: Server, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "USER_ACTIVITY_DATA_DIR": str(tmp_path),
        "USER_ACTIVITY_WAREHOUSE": "postgres",
        "USER_ACTIVITY_WAREHOUSE_URL": server.fresh_database("shop"),
    }

    def answer(*arguments: str) -> Any:
        command = [Path(sys.executable).parent / "user-activity", *arguments, "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode in (0, 3), done.stderr
        return json.loads(done.stdout)

    shown = answer("demo", "--days", "20", "--events", "2000")
    assert shown["success"]
    counted = "select count(*) as events from marts.fct_events"
    events = answer("query", counted)
    assert events[0]["events"] > 1000
    assert answer("backfill", "--from", "2025-01-02", "--to", "2025-01-03")["success"]
    assert answer("run")["dates_rebuilt"] == []
    assert answer("query", counted) == events
    (tmp_path / "late.jsonl").write_bytes(encode((event("late", "2025-01-05T10:00:00"),), "late.jsonl"))
    place = ("--source", "events", "--date", "2025-01-20")
    answer("land", "late.jsonl", *place)
    answer("run")
    assert answer("query", counted) == [{"events": events[0]["events"] + 1}]
    answer("withdraw", "late.jsonl", *place)
    assert answer("query", counted) == events
    assert answer("status")["warehouse"]["rows"]["marts.fct_events"] == events[0]["events"]
