"""What users may ask of a warehouse, of either engine: one statement that reads tables, and nothing else."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

import user_activity
from user_activity.cli.output import Problem
from user_activity.cli.query import ask
from user_activity.settings import Settings
from user_activity.warehouse import WarehouseBusy, open_warehouse
from user_activity_tests.postgres import Server

FACTS = {"event_id": "varchar", "event_date": "date", "revenue": "decimal(18, 2)"}
ROWS = [("é1", "2025-01-01", "1.50"), ("e2", "2025-01-02", None)]
READER_PASSWORD = "only to read"
QUOTES = "select $$ ' $$ ; {}; select $$ ' $$"
COMMENTED = "select 1 -- '\n; {} --'"
WRITES = ("delete from marts.fct_events", "drop table marts.fct_events", "create table marts.mine as select 1 as one")

BOTH = [
    *WRITES,
    "",
    " ; ",
    "-- select 1",
    "select 1; select 2",
    "insert into marts.fct_events select * from marts.fct_events",
    "update marts.fct_events set revenue = 0",
    "truncate marts.fct_events",
    "alter table marts.fct_events add column mine integer",
    "create schema mine",
    "create temporary table mine as select 1 as one",
    "with kept as (select 1) insert into marts.fct_events select * from marts.fct_events",
    "with kept as (select 1) delete from marts.fct_events",
    "delete from marts.fct_events returning event_id",
    "explain analyze delete from marts.fct_events",
    "explain analyze create table marts.mine as select 1 as one",
    "explain analyze insert into marts.fct_events select * from marts.fct_events",
    "/* select */ delete from marts.fct_events",
    *(QUOTES.format(write) for write in WRITES),
    *(COMMENTED.format(write) for write in WRITES),
    "begin; delete from marts.fct_events; commit",
    "commit",
    "prepare mine as delete from marts.fct_events",
    "execute mine",
    "set time zone 'Asia/Tokyo'",
    "select * from nowhere.at_all",
    "selekt 1",
]
POSTGRES = [
    QUOTES.format("commit; begin read write; delete from marts.fct_events; commit"),
    r"select e'\''; commit; delete from marts.fct_events; select e'\''",
    "commit; begin read write; delete from marts.fct_events; commit",
    "rollback; delete from marts.fct_events",
    "set transaction read write; delete from marts.fct_events",
    "select set_config('transaction_read_only', 'off', false)",
    "reset role",
    "select lo_create(0)",
    "select lo_import('/etc/passwd')",
    "select lo_export(1, '{folder}/mine')",
    "select pg_read_file('/etc/passwd')",
    "select pg_ls_dir('/')",
    "copy marts.fct_events to '{folder}/mine'",
    "copy marts.fct_events to program 'tee {folder}/mine'",
    "copy marts.fct_events to stdout",
    "select * into marts.mine from marts.fct_events",
    "with gone as (delete from marts.fct_events returning event_id) select * from gone",
    "merge into marts.fct_events using (select 1) as one on true when matched then delete returning 1",
    "select query_to_xml('delete from marts.fct_events', true, true, '')",
    "select * from marts.fct_events for update",
    "select * from raw.events",
    "do 'begin delete from marts.fct_events; end'",
    "call mine()",
    "lock table marts.fct_events",
    "vacuum marts.fct_events",
    "declare mine cursor for select 1",
    "fetch all from asked",
    "listen mine",
    "alter role current_user superuser",
    "refresh materialized view marts.mine",
    "create function pg_temp.mine() returns integer language sql as 'select 1'",
]
OF_AN_OWNER = [
    "select set_config('role', 'none', false)",
    "select set_config('role', session_user, true), query_to_xml('select 1 from raw.events', true, true, '')",
    "explain analyze select set_config('role', 'none', false)",
    "select set_config('session_authorization', session_user, false)",
]
DUCKDB = [
    "copy marts.fct_events to '{folder}/mine.csv'",
    "explain analyze copy (select 1) to '{folder}/mine.csv'",
    "explain analyze copy (select 1) to '{folder}/lake/mine.csv'",
    "explain analyze copy (select 1) to '{folder}/published/mine.csv'",
    "explain analyze copy (select 1) to '{folder}/warehouse/user_activity.duckdb.tmp/mine.csv'",
    "copy (pivot marts.fct_events on event_id using count(*)) to '{folder}/lake/mine.csv'",
    "create table mine as pivot marts.fct_events on event_id using count(*)",
    "select 1 -- '\n; copy (select 1) to '{folder}/mine.csv' --'",
    "select $$ ' $$; copy (select 1) to '{folder}/mine.csv'; select $$ ' $$",
    r"select e'\''; copy (select 1) to '{folder}/mine.csv'; select e'\''",
    "export database '{folder}/mine'",
    "attach '{folder}/mine.duckdb'",
    "attach ':memory:' as mine",
    "from read_csv('/etc/passwd')",
    "from read_text('/etc/passwd')",
    "from '/etc/passwd'",
    "from glob('/etc/*')",
    "from read_text('{folder}/lake/../secret')",
    "from read_text('{folder}/secret')",
    "select * from query('from read_text(''/etc/passwd'')')",
    "from sniff_csv('/etc/passwd')",
    "from parquet_metadata('/etc/passwd')",
    "from enable_logging(storage='file', storage_path='{folder}/mine')",
    "call enable_logging(storage='file', storage_path='{folder}/mine')",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "reset lock_configuration",
    "pragma enable_profiling",
    "checkpoint",
    "vacuum",
    "select getenv('HOME')",
    "from variable_of_python",
    "select nextval('mine')",
]
READ_BOTH: list[tuple[str, Any]] = [
    ("select 1", 1),
    ("SELECT count(*) FROM marts.fct_events;", 2),
    ("select 1 ; ; ", 1),
    ("\n\n  select\n\t1\n", 1),
    ("-- a comment; with an end\nselect 1", 1),
    ("/* one; /* two */ */ select 1 -- '", 1),
    ("select ';'", ";"),
    ("select '--'", "--"),
    ("select 'it''s'", "it's"),
    ("select $$it's; $$", "it's; "),
    (r"select e'it\'s'", "it's"),
    ('select 1 as "a;b"', 1),
    ("select '100 %', 'delete from marts.fct_events'", "100 %"),
    ("select event_id from marts.fct_events where event_id = 'é1'", "é1"),
    ("select 'ünïcödé 漢字 🦆' as \"größe\"", "ünïcödé 漢字 🦆"),
    ("(select 1) union (select 1)", 1),
    ("with one as (select 1 as a), two as (select a from one) select * from two", 1),
    ("with recursive n(i) as (select 1 union all select i + 1 from n where i < 3) select max(i) from n", 3),
    ("values (1, 'a'), (2, 'b')", 1),
    ("table marts.fct_events", "é1"),
    ("select event_id, event_id from marts.fct_events order by event_date", "é1"),
    ("select count(*) from audit.landed_files", 0),
    ("select sum(revenue) over (order by event_date) from marts.fct_events", None),
    ("select table_name from information_schema.tables where table_name = 'fct_events'", "fct_events"),
    ("explain select * from marts.fct_events", None),
    ("explain analyze select * from marts.fct_events", None),
]
READ_POSTGRES: list[tuple[str, Any]] = [
    ("show server_encoding", "UTF8"),
    ("explain (format json) select 1", None),
    ("select current_user", "user_activity_reader"),
    ("select array[1, 2]", [1, 2]),
]
READ_DUCKDB: list[tuple[str, Any]] = [
    ("from marts.fct_events", "é1"),
    ("show tables from marts", "fct_events"),
    ("show all tables", None),
    ("describe marts.fct_events", "event_id"),
    ("summarize marts.fct_events", "event_id"),
    ("pivot marts.fct_events on event_id using count(*)", None),
    ("unpivot (select 1 as a) on a", "a"),
    ("select count(*) from raw.events", 1),
]


@pytest.fixture(scope="module", params=["duckdb", "postgres, reader granted", "postgres, reader logs in"])
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("asked")
    configured: dict[str, Any] = {"data_dir": folder}
    if request.param != "duckdb":
        server: Server = request.getfixturevalue("server")
        configured |= {"warehouse": "postgres", "warehouse_url": server.fresh_database("asked")}
    if request.param.endswith("logs in"):
        configured["warehouse_reader_password"] = READER_PASSWORD
    found = Settings(_env_file=None, **configured)
    warehouse = open_warehouse(found)
    warehouse.prepare()
    warehouse.load("marts.fct_events", FACTS, ROWS)
    (folder / "secret").write_text("kept")
    if found.warehouse == "duckdb":
        import duckdb

        (folder / "lake").mkdir()
        (folder / "published").mkdir()
        part = folder / "lake" / "part.parquet"
        with duckdb.connect(folder / "warehouse" / "user_activity.duckdb") as connection:
            connection.execute(f"copy (select 1 as one) to '{part}'")
            connection.execute(f"create view raw.events as from read_parquet('{part}')")
    else:
        warehouse.load("raw.events", {"one": "integer"}, [(1,)])
    return found


def state(settings: Settings) -> Any:
    """All that a statement could have changed: the files of the folder, and the server's tables and objects."""
    files = {
        str(path.relative_to(settings.data_dir)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in settings.data_dir.rglob("*")
        if path.is_file()
    }
    if settings.warehouse == "duckdb":
        return files
    asked = open_warehouse(settings).query
    return files, *(
        asked(sql).rows
        for sql in (
            "select * from marts.fct_events order by event_id",
            "select oid from pg_class where relpersistence = 'p' order by oid",
            "select oid from pg_namespace where nspname !~ '^pg_' order by oid",
            "select rolname, rolsuper from pg_roles order by rolname",
            "select oid from pg_largeobject_metadata",
            "select attname from pg_attribute where attrelid = 'marts.fct_events'::regclass order by attnum",
        )
    )


def hostile(settings: Settings) -> list[str]:
    if settings.warehouse == "duckdb":
        return [*BOTH, *DUCKDB]
    return [*BOTH, *POSTGRES, *([] if settings.warehouse_reader_password else OF_AN_OWNER)]


def refusal(settings: Settings, statement: str) -> str | None:
    try:
        ask(settings, statement.replace("{folder}", str(settings.data_dir)))
    except (Problem, WarehouseBusy) as refused:
        return str(refused)
    return None


def test_hostile_statements_are_refused_in_a_sentence_and_change_nothing(settings: Settings) -> None:
    variable_of_python = user_activity.read("marts.fct_events", settings=settings)
    assert len(variable_of_python) == 2
    before = state(settings)
    refused = {statement: refusal(settings, statement) for statement in hostile(settings)}
    assert [statement for statement, said in refused.items() if said is None] == []
    assert [said for said in refused.values() if said and len(said.splitlines()) != 1] == []
    assert state(settings) == before


def test_ordinary_statements_are_answered(settings: Settings) -> None:
    for statement, first in [*READ_BOTH, *(READ_DUCKDB if settings.warehouse == "duckdb" else READ_POSTGRES)]:
        rows = ask(settings, statement).rows
        assert rows, statement
        assert first is None or rows[0][0] == first, statement


def test_a_statement_that_takes_too_long_is_ended(settings: Settings) -> None:
    hasty = settings.model_copy(update={"query_timeout_seconds": 0.5})
    series = "range(100000)" if settings.warehouse == "duckdb" else "generate_series(1, 100000)"
    said = refusal(hasty, f"select count(*) from {series} as a, {series} as b, {series} as c")
    assert said
    assert "longer than 0.5 s" in said
    assert "USER_ACTIVITY_QUERY_TIMEOUT_SECONDS" in said
    assert ask(hasty, "select 1").rows == ((1,),)


# On a server the tables themselves are published.
@pytest.mark.parametrize("settings", ["duckdb"], indirect=True)
def test_published_files_are_read_and_nothing_else_while_a_run_writes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise WarehouseBusy("held")

    open_warehouse(settings).publish({"marts.fct_events": None}, [])
    monkeypatch.setattr("user_activity.warehouse.duckdb.DuckDBWarehouse.ask", busy)
    before = state(settings)
    assert ask(settings, "select count(*) from marts.fct_events").rows == ((2,),)
    assert [statement for statement in hostile(settings) if refusal(settings, statement) is None] == []
    assert state(settings) == before


def test_an_owner_without_further_rights_asks_as_the_reader_that_it_has_made(server: Server, tmp_path: Path) -> None:
    server.execute(
        "drop database if exists owned with (force)",
        "drop role if exists asking",
        "drop role if exists asked",
        "create role asking login createrole password 'x'",
        "create database owned owner asking",
    )
    url = server.url("owned", "asking", "x")
    settings = Settings(
        _env_file=None, data_dir=tmp_path, warehouse="postgres", warehouse_url=url, warehouse_reader="asked"
    )
    open_warehouse(settings).prepare()
    assert ask(settings, "select current_user").rows == (("asked",),)
    assert "permission denied for schema raw" in str(refusal(settings, "select * from raw.events"))
    server.execute("revoke temporary on database owned from public")
    assert "set USER_ACTIVITY_WAREHOUSE_READER_PASSWORD" in str(refusal(settings, "select current_user"))
