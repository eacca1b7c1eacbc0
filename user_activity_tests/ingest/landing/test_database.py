"""Rows out of a database: each lands, none is lost by a kill, and its values are those of the database."""

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from user_activity.database_settings import Database
from user_activity.ingest.landing import database as extraction
from user_activity.ingest.landing import incoming
from user_activity.ingest.landing.configured_databases import DatabaseRejected, ExtractFailed, databases
from user_activity.ingest.landing.database import Extracted, extract
from user_activity.ingest.landing.database_position import (
    Position,
    begin_of,
    can_be_a_position,
    extracts_folder,
    read_position,
    write_position,
)
from user_activity.ingest.landing.database_values import plain, write_parquet
from user_activity.settings import Settings
from user_activity_tests.ingest.conftest import Drop
from user_activity_tests.postgres import Server, running_server

COLUMNS = "order_id integer primary key, user_id text, total numeric, updated_at text"


class Shop:
    """A database in a file, and the platform that extracts its orders."""

    def __init__(self, folder: Path, **database: Any) -> None:
        self.path = folder / "shop.db"
        self.execute(f"create table orders ({COLUMNS})")
        given = {"url": f"sqlite:///{self.path}", "table": "orders", "cursor": "updated_at", "chunk_rows": 4} | database
        self.settings = settings_of(folder, **{name: value for name, value in given.items() if value is not None})

    def execute(self, statement: str, *rows: Sequence[Any]) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            if rows:
                connection.executemany(statement, rows)
            else:
                connection.execute(statement)

    def order(self, *numbers: int, at: str | None = None, total: float = 1) -> None:
        """Place or change orders; each is of its own minute of a morning."""
        rows = [(n, f"u{n}", total, at or f"2026-01-05 {8 + n // 60:02}:{n % 60:02}:00") for n in numbers]
        self.execute("insert or replace into orders values (?, ?, ?, ?)", *rows)

    def extract(self, **more: Any) -> Extracted:
        return extract(self.settings, "orders", **more)

    def landed(self) -> Counter[int]:
        """How often each order has landed."""
        return Counter(row["order_id"] for row in rows_of(self.settings))


def settings_of(folder: Path, source: str = "orders", **database: Any) -> Settings:
    return Settings(_env_file=None, data_dir=folder / "data", databases={source: Database(**database)})


def files_of(settings: Settings) -> list[Path]:
    return sorted(settings.incoming_dir.rglob("*.parquet"))


def rows_of(settings: Settings) -> list[dict[str, Any]]:
    return [row for path in files_of(settings) for row in pq.read_table(path).to_pylist()]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_all_rows_land_once_in_chunks(shop: Shop) -> None:
    shop.order(*range(10))
    found = shop.extract()
    assert (found.rows, len(found.files), found.position) == (10, 3, "2026-01-05 08:09:00")
    assert shop.landed() == Counter(range(10))
    assert [pq.read_metadata(path).num_rows for path in files_of(shop.settings)] == [4, 4, 2]


def test_the_next_extract_lands_what_is_new_or_changed(shop: Shop) -> None:
    shop.order(*range(10))
    shop.extract()
    shop.order(10)
    shop.order(3, at="2026-01-05 08:30:00", total=7)
    assert shop.extract().rows == 2
    assert shop.landed() == Counter([*range(10), 10, 3])


def test_nothing_new_lands_nothing(shop: Shop) -> None:
    assert shop.extract().files == ()
    shop.order(*range(10))
    shop.extract()
    before = files_of(shop.settings)
    assert shop.extract() == Extracted("orders", 0, (), "2026-01-05 08:09:00")
    assert files_of(shop.settings) == before


def test_a_row_that_was_committed_late_is_found_within_the_overlap(shop: Shop) -> None:
    shop.order(100)
    shop.extract()
    shop.order(50, 39)  # fifty minutes before the last one, and an hour and a minute
    shop.extract()
    assert shop.landed() == Counter([100, 50])


def test_rows_of_the_same_moment_are_not_lost_between_two_extracts(tmp_path: Path) -> None:
    shop = Shop(tmp_path, overlap=timedelta(0))
    at = "2026-01-05 08:00:00"
    shop.order(1, 2, 3, 4, 5, at=at)
    shop.extract()
    shop.order(6, at=at)
    shop.extract()
    assert shop.landed() == Counter(range(1, 7))


def test_rows_without_a_cursor_land_whenever_they_come(shop: Shop) -> None:
    shop.order(1)
    shop.execute("insert into orders values (2, 'u2', 1, null)")
    shop.extract()
    shop.execute("insert into orders values (3, 'u3', 1, null)")
    shop.extract()
    assert shop.landed() == Counter([1, 2, 3])


def test_equal_rows_land_as_often_as_they_are_there(tmp_path: Path) -> None:
    shop = Shop(tmp_path, table="clicks", chunk_rows=2)
    shop.execute("create table clicks (order_id integer, updated_at text)")
    shop.execute("insert into clicks values (?, ?)", *[(1, "2026-01-05 08:00:00")] * 3)
    assert shop.extract().rows == 3
    assert shop.extract().rows == 0
    assert shop.landed() == Counter({1: 3})


def test_a_moment_in_the_future_does_not_hide_what_comes_before_it(shop: Shop) -> None:
    shop.order(1)
    shop.order(2, at="9999-12-31 00:00:00")
    assert shop.extract().position == "2026-01-05 08:01:00"
    shop.order(3)
    shop.extract()
    assert shop.landed() == Counter([1, 2, 3])


def test_whole_reads_all_rows_again_and_equal_files_land_once(tmp_path: Path) -> None:
    shop = Shop(tmp_path, overlap=timedelta(0))
    shop.order(*range(10))
    shop.extract()
    before = {path: path.read_bytes() for path in files_of(shop.settings)}
    assert shop.extract(whole=True).rows == 0
    shop.execute("update orders set total = 5 where order_id = 1")  # and not its cursor
    assert shop.extract().rows == 0
    assert shop.extract(whole=True).rows == 4
    assert before.items() < {path: path.read_bytes() for path in files_of(shop.settings)}.items()


def test_a_table_without_a_cursor_lands_when_it_has_changed(tmp_path: Path) -> None:
    shop = Shop(tmp_path, cursor=None)
    shop.order(*range(10))
    assert (shop.extract().rows, shop.extract().rows) == (10, 0)
    shop.order(9, total=7)
    assert shop.extract().rows == 2


def test_a_table_without_a_cursor_lands_again_when_it_changes_back(tmp_path: Path) -> None:
    shop = Shop(tmp_path, cursor=None)
    for total in (1, 2, 1):
        shop.order(1, total=total)
        assert shop.extract().rows == 1
        assert shop.extract().rows == 0
    assert [row["total"] for row in rows_of(shop.settings)].count(1) == 2


def test_another_query_or_database_begins_anew(shop: Shop, tmp_path: Path) -> None:
    shop.order(1)
    shop.extract()
    other = {
        "url": f"sqlite:///{shop.path}",
        "cursor": "updated_at",
        "query": "select *, 'a:b %s' as note from orders;",
    }
    shop.settings = settings_of(tmp_path, **other)
    assert shop.extract().rows == 1
    assert rows_of(shop.settings)[-1]["note"] == "a:b %s"


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("cursor", ["updated_at", None])
@pytest.mark.parametrize("place", ["before it lands", "after it has landed", "after the position"])
@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_a_killed_extract_goes_on_after_its_last_landed_chunk(
    place: str, chunk: int, whole: bool, cursor: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(tmp_path, cursor=cursor)
    shop.order(*range(10))
    with monkeypatch.context() as patch:
        name, owner = ("write_position", extraction) if place == "after the position" else ("land", incoming)
        patch.setattr(owner, name, killed_at(getattr(owner, name), chunk, before=place == "before it lands"))
        with pytest.raises(KeyboardInterrupt):
            shop.extract(whole=whole)
    found = shop.extract(whole=whole)
    assert shop.landed() == Counter(range(10))
    landed_before = chunk - (place == "before it lands")
    assert len(found.files) == 3 - landed_before
    assert not list(extracts_folder(shop.settings).glob(".*"))


@pytest.mark.parametrize("cursor", ["updated_at", None])
def test_a_killed_whole_extract_does_not_begin_again_on_the_next_day(
    cursor: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(tmp_path, cursor=cursor)
    shop.order(*range(10))
    today = incoming.utc_today()
    for day in (today - timedelta(days=1), today):
        monkeypatch.setattr(incoming, "utc_today", lambda day=day: day)
        with monkeypatch.context() as patch:
            patch.setattr(extraction, "write_position", killed_at(write_position, 1, before=False))
            with pytest.raises(KeyboardInterrupt):
                shop.extract(whole=True)
    assert shop.extract(whole=True).rows == 2
    assert shop.landed() == Counter(range(10))
    assert shop.extract(whole=True).rows == 4  # a new one; the others have landed today


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_every_row_lands(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders come, change and are committed late, extracts are killed, days pass: the last state has landed."""
    chance = random.Random(seed)
    shop = Shop(tmp_path, chunk_rows=chance.randint(1, 5), cursor=chance.choice(["updated_at", "updated_at", None]))
    start, clock = incoming.utc_today() - timedelta(days=20), 0
    for step in range(20):
        monkeypatch.setattr(incoming, "utc_today", lambda day=start + timedelta(days=step): day)
        for _ in range(chance.randint(0, 6)):
            clock += chance.randint(0, 4)
            moment = NOON + timedelta(minutes=clock - chance.randint(0, 30))  # within the overlap
            order = chance.randint(1, 30), "u", step, chance.choice([str(moment)] * 9 + [None])
            shop.execute("insert or replace into orders values (?, ?, ?, ?)", order)
        with monkeypatch.context() as patch:
            name, owner = chance.choice([("write_position", extraction), ("land", incoming)])
            before = chance.random() < 0.5
            patch.setattr(owner, name, killed_at(getattr(owner, name), chance.randint(1, 4), before=before))
            with suppress(KeyboardInterrupt):
                shop.extract(whole=chance.random() < 0.2)
    shop.extract()
    with closing(sqlite3.connect(shop.path)) as connection:
        rows = set(connection.execute("select order_id, total, updated_at from orders"))
    assert rows <= {(row["order_id"], row["total"], row["updated_at"]) for row in rows_of(shop.settings)}
    assert shop.extract().rows == 0


def killed_at(function: Callable[..., Any], call: int, *, before: bool) -> Callable[..., Any]:
    calls = 0

    def killed(*arguments: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and before:
            raise KeyboardInterrupt
        done = function(*arguments, **more)
        if calls == call:
            raise KeyboardInterrupt
        return done

    return killed


def test_a_damaged_position_reads_all_rows(shop: Shop) -> None:
    shop.order(1, 2)
    shop.extract()
    for damage in ("", "{", "[]", '{"of": 1}', '{"of": "x", "value": ["time", "soon"], "seen": [], "whole": false}'):
        (extracts_folder(shop.settings) / "orders.json").write_text(damage)
        shop.order(3)
        assert shop.extract().position == "2026-01-05 08:03:00"


def test_what_a_killed_extract_left_is_cleared_away(shop: Shop) -> None:
    left = extracts_folder(shop.settings) / ".orders-extract-left"
    left.mkdir(parents=True)
    (left / "rows.parquet").write_bytes(b"half a file")
    shop.order(1)
    assert shop.extract().rows == 1
    assert not left.exists()


def test_wide_rows_make_smaller_chunks(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "CHUNK_BYTES", 500)
    shop.order(*range(4))
    assert len(shop.extract().files) == 2


def test_nothing_is_written_to_the_database(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.order(1)
    before = shop.path.read_bytes()
    shop.extract()
    assert shop.path.read_bytes() == before
    writing = settings_of(tmp_path, url=f"sqlite:///{shop.path}", query="delete from orders returning *")
    with pytest.raises(ExtractFailed, match="cannot be extracted"):
        extract(writing, "orders")
    with pytest.raises(ExtractFailed, match="there is no database file"):
        extract(settings_of(tmp_path, url=f"sqlite:///{tmp_path / 'none.db'}", table="orders"), "orders")
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("database", "sentence"),
    [
        ({"table": "order"}, "has no table 'order': the nearest is 'orders'."),
        ({"cursor": "updated"}, "there is no column 'updated' to use as cursor: the nearest is 'updated_at'."),
        ({"table": None, "query": "select * from nowhere"}, "no such table: nowhere."),
        ({"table": None, "query": "select from orders"}, "syntax error."),
        ({"overlap": 5}, "the overlap does not fit the cursor"),
        ({"url": "oracle+nothing://me:Pw-canary@host/x"}, "there is no driver for oracle+nothing"),
        ({"url": "postgresql://me:Pw-canary@127.0.0.1:1/x"}, "from postgresql://127.0.0.1:1/x: connection"),
        ({"url": "postgresql://me:w@Pw-canary@h/x"}, "USER_ACTIVITY_ORDERS_DATABASE_URL cannot be read"),
        ({"url": "postgresql://me:Pw-canary@h:port/x"}, "USER_ACTIVITY_ORDERS_DATABASE_URL cannot be read"),
        ({"url": "postgresql://h/x?passwrd=Pw-canary"}, "invalid connection option"),
    ],
)
def test_what_is_not_there_is_one_sentence_without_a_password(
    database: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    shop = Shop(tmp_path, **database)
    shop.order(1)
    with pytest.raises(ExtractFailed) as failed:
        [shop.extract() for _ in range(2)]
    told = str(failed.value)
    assert sentence in told
    assert len(told.splitlines()) == 1
    assert "Pw-canary" not in told
    assert failed.value.__suppress_context__ or failed.value.__context__ is None


def test_a_source_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRejected, match=r"USER_ACTIVITY_ODERS_DATABASE_.*the nearest is 'orders'"):
        databases(settings_of(tmp_path, "oders", url="sqlite:///x", table="x"))


NOON, FIRST, LAST = datetime(2026, 1, 5, 12), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)


@pytest.mark.parametrize(
    ("value", "overlap", "begin"),
    [
        (NOON, None, datetime(2026, 1, 5, 11)),
        (NOON.replace(tzinfo=UTC), timedelta(days=2), datetime(2026, 1, 3, 12, tzinfo=UTC)),
        (date(2026, 1, 5), None, date(2026, 1, 4)),
        (date(2026, 1, 5), timedelta(days=3), date(2026, 1, 2)),
        (5000, None, 4000),
        (Decimal("5000.5"), 10, Decimal("4990.5")),
        (2.5, 1, 1.5),
        ("2026-01-05T12:00:00.123456+02:00", None, "2026-01-05 11:00:00"),
        ("2026-01-05", None, "2026-01-04"),
        ("01HZX", None, "01HZX"),
        (FIRST, None, None),
    ],
)
def test_an_extract_begins_before_its_position(value: Any, overlap: Any, begin: Any, tmp_path: Path) -> None:
    assert begin_of(value, overlap, "orders") == begin
    settings = settings_of(tmp_path, url="sqlite:///x", table="x")
    write_position(settings, "orders", Position("x", value, ("a", "b"), whole=True))
    assert repr(read_position(settings, "orders", "x")) == repr(Position("x", value, ("a", "b"), whole=True))
    assert read_position(settings, "orders", "y") == Position("y")


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        b"x",
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        LAST,
        date.max,
        LAST.replace(tzinfo=UTC),
    ],
)
def test_no_extract_goes_on_from_infinity(value: Any) -> None:
    assert not can_be_a_position(value)


BIG = 2**63
VALUES: list[tuple[list[Any], pa.DataType, list[Any] | None]] = [
    ([1, None, -BIG], pa.int64(), None),
    ([BIG, 1], pa.decimal128(19, 0), [Decimal(BIG), Decimal(1)]),
    ([Decimal("0.10"), Decimal("12345.678"), None], pa.decimal128(8, 3), None),
    ([Decimal("1E+3"), 2], pa.decimal128(4, 0), [Decimal(1000), Decimal(2)]),
    ([Decimal("1e-39")], pa.string(), ["0." + "0" * 38 + "1"]),
    ([Decimal("NaN"), Decimal(1)], pa.string(), ["NaN", "1"]),
    ([0.1, None], pa.float64(), None),
    ([True, None, False], pa.bool_(), None),
    ([NOON, None], pa.timestamp("us"), None),
    ([NOON.replace(tzinfo=UTC, microsecond=1)], pa.timestamp("us", "UTC"), None),
    ([NOON, NOON.replace(tzinfo=UTC)], pa.string(), ["2026-01-05 12:00:00", "2026-01-05 12:00:00+00:00"]),
    ([date(2026, 1, 5), None], pa.date32(), None),
    ([b"\x00\xff", memoryview(b"x")], pa.binary(), [b"\x00\xff", b"x"]),
    (["ä\x00", None, "\ud800"], pa.string(), ["ä\x00", None, "\\ud800"]),
    ([{"a": [1, None]}, [Decimal("1.10")]], pa.string(), ['{"a": [1, null]}', '["1.10"]']),
    ([1, "a", 1.5, None, b"\x01", True], pa.string(), ["1", "a", "1.5", None, "\\x01", "True"]),
    ([None, None], pa.string(), None),
]  # fmt: skip


@pytest.mark.parametrize(("values", "kind", "written"), VALUES, ids=range(len(VALUES)))
def test_every_value_is_written_exactly(
    values: list[Any], kind: pa.DataType, written: list[Any] | None, tmp_path: Path
) -> None:
    rows = [(plain(value),) for value in values]
    write_parquet(["x"], rows, tmp_path / "a.parquet")
    write_parquet(["x"], rows, tmp_path / "b.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.schema.field("x").type == kind
    assert table.column("x").to_pylist() == (values if written is None else written)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


TYPES = {
    "id": ("bigint primary key", "9007199254740993", 9007199254740993),
    "amount": ("numeric(12,2)", "'1234567.10'", Decimal("1234567.10")),
    "at": ("timestamptz", "'2026-01-05 12:00:00.123456+02'", datetime(2026, 1, 5, 10, 0, 0, 123456, UTC)),
    "local_at": ("timestamp", "'2026-01-05 12:00:00'", NOON),
    "day": ("date", "'2026-01-05'", date(2026, 1, 5)),
    "is_new": ("boolean", "true", True),
    "data": ("jsonb", """'{"price": 0.10000000000000000001}'""", '{"price": 0.10000000000000000001}'),
    "raw": ("bytea", r"'\x00ff'", b"\x00\xff"),
    "ratio": ("double precision", "0.1", 0.1),
    "uuid": ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "tags": ("text[]", "array['a', null]", '["a", null]'),
    "nothing": ("text", "null", None),
    "time": ("time", "'12:00'", "12:00:00"),
    "Mixed Case": ("text", "'50% :x'", "50% :x"),
}  # fmt: skip


def test_postgresql_s_types_survive(server: Server, tmp_path: Path) -> None:
    url = server.fresh_database("types")
    columns = ", ".join(f'"{name}" {kind}' for name, (kind, _, _) in TYPES.items())
    values = ", ".join(value for _, value, _ in TYPES.values())
    server.execute(
        "create schema shop", f"create table shop.all_types ({columns})",
        f"insert into shop.all_types values ({values})", database="types",
    )  # fmt: skip
    settings = settings_of(tmp_path, url=url, table="shop.all_types", cursor="at")
    assert extract(settings, "orders").rows == 1
    assert extract(settings, "orders").rows == 0
    assert rows_of(settings) == [{name: value for name, (_, _, value) in TYPES.items()}]


def test_postgresql_s_chunks_are_streamed_and_read_only(server: Server, tmp_path: Path) -> None:
    url = server.fresh_database("chunks")
    server.execute(
        "create table events as select n as id, timestamptz '2026-01-05' + n * interval '1 second' as at "
        "from generate_series(1, 2500) n",
        "create function write() returns int language sql as $$ insert into events values (0, now()) returning 0 $$",
        database="chunks",
    )
    settings = settings_of(
        tmp_path, "events", url=url, query="select * from events -- all", cursor="id", chunk_rows=700
    )
    assert extract(settings, "events").position == "2500"
    assert Counter(row["id"] for row in rows_of(settings)) == Counter(range(1, 2501))
    server.execute("insert into events values (1999, now()), (1400, now()), (2501, now())", database="chunks")
    assert extract(settings, "events").rows == 2
    twice = settings_of(tmp_path, "events", url=url, query="select id, id from events")
    with pytest.raises(ExtractFailed, match="two columns have the name 'id'"):
        extract(twice, "events")
    writing = settings_of(tmp_path, "events", url=url, query="select write() as id")
    with pytest.raises(ExtractFailed, match="read-only transaction"):
        extract(writing, "events")


@pytest.mark.parametrize(
    ("url", "table", "sentence"),
    [
        ("nobody:Pw-canary", "events", "password authentication failed"),
        ("", "secrets", "has no table 'secrets'"),
        ("reader:Pw-canary", "events", "permission denied for table events"),
    ],
)
def test_postgresql_s_refusals_are_told(server: Server, url: str, table: str, sentence: str, tmp_path: Path) -> None:
    address = server.fresh_database("refusals")
    server.execute(
        "drop role if exists reader", "create role reader login password 'Pw-canary'", "create table events (id int)",
        database="refusals",
    )  # fmt: skip
    if url:
        address = f"postgresql://{url}@{address.rpartition('@')[2]}"
    with pytest.raises(ExtractFailed, match=sentence) as failed:
        extract(settings_of(tmp_path, "events", url=address, table=table), "events")
    assert "Pw-canary" not in str(failed.value)
    assert server.password not in str(failed.value)


def test_a_database_s_rows_keep_the_contract(server: Server, tmp_path: Path) -> None:
    url = server.fresh_database("contract")
    server.execute(
        "create table orders (id bigint, customer_id int, created_at timestamptz, status text, currency char(3), "
        "payment_method text, items jsonb, is_gift boolean)",
        "insert into orders values (9007199254740993, 7, '2026-01-05 12:00:00+02', 'completed', 'EUR', 'card', "
        """'[{"product_id": "p1", "quantity": 2, "unit_price": 12.10}]', true)""",
        database="contract",
    )
    query = "select id as order_id, customer_id as user_id, * from orders"
    drop = Drop(tmp_path / "data", databases={"orders": Database(url=url, query=query, cursor="created_at")})
    extract(drop.settings, "orders")
    result = drop.ingest("orders", incoming.utc_today())
    (row,) = drop.rows(result)
    assert (row["order_id"], row["user_id"]) == ("9007199254740993", "7")
    assert row["order_at"] == datetime(2026, 1, 5, 10)
    (item,) = json.loads(row["items"])
    assert Decimal(item["unit_price"]) == Decimal("12.10")
    assert json.loads(row["properties"])["is_gift"] == "true"
    assert extract(drop.settings, "orders").rows == 0


def test_a_position_is_written_as_json_without_the_address(shop: Shop) -> None:
    shop.order(1)
    shop.extract()
    state = json.loads((extracts_folder(shop.settings) / "orders.json").read_text())
    assert state["value"] == ["text", "2026-01-05 08:01:00"]
    assert "sqlite" not in json.dumps(state)
