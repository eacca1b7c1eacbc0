"""``extract`` through the command line: what it lands, says, and leaves with."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from user_activity_tests.cli.conftest import Command

SECRET = "Pw-canary"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database of orders that the environment names."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table orders (order_id text primary key, updated_at text)")
        connection.executemany(
            "insert into orders values (?, ?)", [(f"o{n}", f"2026-01-05 08:{n:02}:00") for n in range(5)]
        )
    monkeypatch.setenv("USER_ACTIVITY_ORDERS_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("USER_ACTIVITY_ORDERS_DATABASE_TABLE", "orders")
    monkeypatch.setenv("USER_ACTIVITY_ORDERS_DATABASE_CURSOR", "updated_at")
    monkeypatch.setenv("USER_ACTIVITY_ORDERS_DATABASE_CHUNK_ROWS", "2")
    return path


def test_new_rows_land_and_the_next_extract_finds_none(shop: Path, command: Command, data_dir: Path) -> None:
    first = command("extract")
    assert (first.code, first.out) == (0, "orders: 5 rows landed in 3 files, up to 2026-01-05 08:04:00\n")
    assert "Next: user-activity run" in first.err
    assert command("extract").out == "orders: nothing new, up to 2026-01-05 08:04:00\n"
    assert command("extract", "--whole").out == "orders: nothing new, up to 2026-01-05 08:04:00\n"
    assert command("status", "--json").document["files_waiting"] == {"orders": 3}
    with closing(sqlite3.connect(shop)) as connection, connection:
        connection.execute("insert into orders values ('o5', '2026-01-05 08:05:00')")
    (extracted,) = command("extract", "--source", "orders", "--json").document["extracted"]
    assert (extracted["rows"], extracted["position"]) == (1, "2026-01-05 08:05:00")
    assert Path(extracted["files"][0]).is_relative_to(data_dir / "incoming" / "orders")


def test_one_source_that_fails_does_not_hold_up_the_others(
    shop: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "USER_ACTIVITY_DATABASES",
        f'{{"events": {{"url": "postgresql://me:{SECRET}@127.0.0.1:1/x", "query": "select 1"}}}}',
    )
    answer = command("extract")
    assert answer.code == 1
    assert answer.out.startswith("orders: 5 rows landed")
    assert "events cannot be extracted from postgresql://127.0.0.1:1/x: connection to server" in answer.err
    document = command("extract", "--json").document
    assert [each["source"] for each in document["extracted"]] == ["orders"]
    assert len(document["failures"]) == 1
    assert SECRET not in answer.err + str(document)


@pytest.mark.parametrize(
    ("variable", "value", "arguments", "code", "says"),
    [
        ("ORDERS_DATABASE_TABLE", "order", (), 1, "has no table 'order': the nearest is 'orders'."),
        ("ORDERS_DATABASE_CURSOR", "update_at", (), 1, "no column 'update_at' to use as cursor: the nearest is"),
        ("ORDERS_DATABASE_URL", f"oracle://me:{SECRET}@h/x", (), 1, "there is no driver for oracle"),
        ("ORDERS_DATABASE_URL", f"{SECRET}@h/x", (), 2, "ORDERS_DATABASE_URL is wrong: must be an address"),
        ("ORDERS_DATABASE_QUERY", "select 1", (), 2, "ORDERS_DATABASE_* is wrong: needs a table or a query"),
        ("ORDERS_DATABASE_OVERLAP", "soon", (), 2, "ORDERS_DATABASE_OVERLAP is wrong: must be a time like 1 hour"),
        ("ORDERS_DATABASE_CHUNK_ROWS", "0", (), 2, "ORDERS_DATABASE_CHUNK_ROWS is wrong: Input should be greater"),
        ("USERS_DATABASE_TABLE", "users", (), 2, "USER_ACTIVITY_USERS_DATABASE_URL is wrong: Field required"),
        ("ODERS_DATABASE_URL", "sqlite:///x", (), 2, "ODERS_DATABASE_* is wrong: needs a table"),
        ("DATABASES", f'{{"users": "{SECRET}"}}', (), 2, "USER_ACTIVITY_USERS_DATABASE_* is wrong"),
        ("DATABASES", f"{{{SECRET}", (), 2, "USER_ACTIVITY_DATABASES cannot be read"),
        ("THREADS", "1", ("--source", "events"), 2, "The source 'events' has no database: choose one of orders."),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_name(
    variable: str, value: str, arguments: tuple[str, ...], code: int, says: str, shop: Path, command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv(f"USER_ACTIVITY_{variable}", value)
    answer = command("extract", *arguments)
    assert answer.code == code
    assert says in answer.err
    assert len(answer.err.strip().splitlines()) == 1
    assert SECRET not in answer.err


def test_without_a_database_the_settings_are_named(command: Command) -> None:
    answer = command("extract")
    assert answer.code == 2
    assert "No source has a database: set USER_ACTIVITY_<SOURCE>_DATABASE_URL" in answer.err


def test_a_password_is_in_no_log(command: Command, shop: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_ACTIVITY_ORDERS_DATABASE_URL", f"postgresql://me:{SECRET}@127.0.0.1:1/x")
    command("extract")
    assert not [path for path in data_dir.rglob("*") if path.is_file() and SECRET in path.read_text()]
