"""No secret is ever written down: not in any output, file, table, mail or event, whatever fails.

A platform whose every secret can be recognised goes through failures of every kind; then all that it left is searched.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest

from user_activity_tests.mailbox import HOST, USER, Mailbox, free_port, mail_server
from user_activity_tests.platform import Platform
from user_activity_tests.postgres import Server, running_server

# A login without TLS is what some relays inside a network want.
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1500),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]

ROOT = Path(__file__).resolve().parents[2]
WAREHOUSE, STALE, READER = "Kw4rz/house@pw", "St4le-canary", "R3ader-canary"
SMTP, HOOK, HOOK_KEY = "Sm7p-canary", "T0K3N-canary", "H00k-canary"
FEED, FEED_KEY = "F33d-canary", "Ap1-canary"
SHOP = "Sh0p-canary"
SECRETS = (WAREHOUSE, quote(WAREHOUSE, safe=""), STALE, READER, SMTP, HOOK, HOOK_KEY, FEED, FEED_KEY, SHOP)
EXTRACT = """
from user_activity.orchestration.command_runs import open_runner
from user_activity.orchestration.jobs import EXTRACT
from user_activity.orchestration.outcome import Outcome
from user_activity.settings import get_settings
with open_runner(get_settings()) as runner:
    runner.execute(Outcome(), EXTRACT, {})
"""
TICK = """
import time
from user_activity.orchestration.assembly import assemble
from user_activity.orchestration.alerts.detect.owners import Owners
from user_activity.orchestration.alerts.sensor import tick
from user_activity.orchestration.instance.home import open_instance
from user_activity.settings import get_settings
with open_instance(get_settings()) as instance:
    print(tick(get_settings(), instance, Owners(assemble(get_settings()).get_repository_def()), time.time()))
"""


@dataclass
class Scene:
    """A platform, and everything that its commands said."""

    platform: Platform
    server: Server
    environment: dict[str, str]
    mailbox: Mailbox = field(default_factory=Mailbox)
    said: list[str] = field(default_factory=list)

    def command(self, *arguments: str, code: str = "from user_activity.cli import main; main()", **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env={**self.environment, **more}, cwd=self.platform.settings.data_dir,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.said.append(f"{' '.join(arguments)} left with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return self.said[-1]

    @property
    def everything_said(self) -> str:
        return "\n".join(self.said)


@contextmanager
def web(mailbox: Mailbox) -> Iterator[int]:
    """A shop that lets nobody in, and a chat program that is unwell."""

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(401)

        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_error(500)

        def log_message(self, *_: object) -> None:
            pass

    posted: list[bytes] = []
    with ThreadingHTTPServer((HOST, 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def event(name: str) -> bytes:
    return json.dumps(
        {"event_id": name, "user_id": "ann", "event_type": "page_view", "event_at": "2025-01-10T10:00:00Z"}
    ).encode()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    data_dir = tmp_path_factory.mktemp("secrets")
    mailbox, smtp_port = Mailbox(), free_port()
    with running_server() as server, web(mailbox) as port:
        server.execute(
            f"create role keeper superuser login password '{WAREHOUSE}'", "create database shop owner keeper"
        )
        url = server.url("shop", "keeper", quote(WAREHOUSE, safe=""))
        settings = {
            "data_dir": str(data_dir),
            "warehouse": "postgres",
            "warehouse_url": url,
            "warehouse_reader_password": READER,
            "alert_email_to": "ops@example.org",
            "smtp_host": HOST,
            "smtp_port": str(smtp_port),
            "smtp_security": "none",
            "smtp_user": USER,
            "smtp_password": SMTP,
            "alert_webhook_url": f"http://{HOST}:{port}/services/{HOOK}?thread={HOOK_KEY}",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("USER_ACTIVITY_", "DAGSTER"))}
        environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            **{f"USER_ACTIVITY_{name.upper()}": value for name, value in settings.items()},
        }
        platform = Platform(data_dir, **{name: value for name, value in settings.items() if name != "data_dir"})
        made = Scene(platform, server, environment, mailbox)
        go_wrong(made, f"http://feed:{FEED}@{HOST}:{port}/products?api_key={FEED_KEY}", smtp_port)
        yield made


def go_wrong(scene: Scene, products_url: str, smtp_port: int) -> None:
    """Everything that can fail, fails; first all is well, so that there are tables to look into."""
    day = date(2025, 1, 10)
    scene.platform.drop("events", day, "good.jsonl", event("e1"))
    scene.platform.drop("events", day, "broken.jsonl.gz", b"\x1f\x8b\x08 this is no gzip")
    scene.command("run")
    scene.command("run", "--verbose", USER_ACTIVITY_PRODUCTS_URL=products_url)
    unreachable = re.sub(r":\d+/products", ":1/products", products_url)
    scene.command("run", "--verbose", USER_ACTIVITY_PRODUCTS_URL=unreachable)
    scene.server.execute(
        "create function refuse() returns trigger language plpgsql as "
        "$$ begin raise exception 'no more rows here'; end $$",
        "create trigger refuse before insert on staging.stg_events for each row execute function refuse()",
        database="shop",
    )
    scene.platform.drop("events", day, "more.jsonl", event("e2"))
    scene.command("run", "--verbose")
    url = scene.environment["USER_ACTIVITY_WAREHOUSE_URL"]
    wrong = url.replace(quote(WAREHOUSE, safe=""), STALE)
    scene.command("run", "--verbose", USER_ACTIVITY_WAREHOUSE_URL=wrong)
    scene.command("status", USER_ACTIVITY_WAREHOUSE_URL=re.sub(r":\d+/shop", ":1/shop", url))
    scene.command("migrate", USER_ACTIVITY_DAGSTER_URL=wrong)
    unquoted = url.replace(quote(WAREHOUSE, safe=""), WAREHOUSE)
    scene.command("query", "select 1", USER_ACTIVITY_WAREHOUSE_URL=unquoted)
    scene.command("query", "select 1; drop schema marts cascade")
    scene.command("query", "select * from pg_authid_of_nobody")
    scene.command("backfill", "--from", "2025-01-10", "--to", "2025-01-10", "--select", "nonsense", "-v")
    database = {"USER_ACTIVITY_ORDERS_DATABASE_TABLE": "orders"}
    database["USER_ACTIVITY_ORDERS_DATABASE_URL"] = re.sub(r"//[^@]*@", f"//keeper:{SHOP}@", url)
    scene.command("extract", **database)
    scene.command(code=EXTRACT, **database)
    scene.command("extract", USER_ACTIVITY_ORDERS_DATABASE_URL=f"postgresql://keeper:{SHOP}@{HOST}/shop")
    scene.command("extract", **database | {"USER_ACTIVITY_ORDERS_DATABASE_URL": f"{SHOP}@{HOST}"})
    scene.command("status", USER_ACTIVITY_THREADS="0")
    scene.command("status", USER_ACTIVITY_FIELD_MAPS="{")
    scene.command("alert-test")
    with mail_server(Mailbox(), smtp_port, login=True):
        scene.command("alert-test")
    with mail_server(scene.mailbox, smtp_port):
        scene.command(code=TICK, USER_ACTIVITY_SMTP_USER="")


@pytest.mark.parametrize(
    "sentence",
    [
        "answers with status 401",
        "cannot be reached",
        "no more rows here",
        "password authentication failed",
        ":1/shop cannot be used: Connection refused",
        "USER_ACTIVITY_WAREHOUSE_URL cannot be read",
        "Only one statement that reads is allowed per call",
        "nonsense",
        "orders cannot be extracted from postgresql://127.0.0.1",
        "USER_ACTIVITY_ORDERS_DATABASE_* is wrong: needs a table or a query",
        "USER_ACTIVITY_ORDERS_DATABASE_URL is wrong",
        "USER_ACTIVITY_THREADS is '0'",
        "USER_ACTIVITY_FIELD_MAPS cannot be read",
        "500",
        "refuses the login (535)",
    ],
)
def test_everything_failed_as_it_was_meant_to(scene: Scene, sentence: str) -> None:
    assert sentence in scene.everything_said


def test_no_output_holds_a_secret(scene: Scene) -> None:
    found = {each: [said for said in scene.said if each in said] for each in SECRETS}
    assert not {each: said for each, said in found.items() if said}


def test_no_file_holds_a_secret(scene: Scene) -> None:
    folders = [scene.platform.settings.data_dir, ROOT / "sql" / "target", ROOT / "sql" / "logs"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "runs.db" for path in files)
    held = [(str(path), each) for path in files for each in SECRETS if each.encode() in path.read_bytes()]
    assert not held


def test_nothing_that_dagster_keeps_compressed_holds_a_secret(scene: Scene) -> None:
    unpacked = 0
    for path in scene.platform.settings.dagster_home.rglob("*.db"):
        for text in values_of(path):
            unpacked += 1
            assert not [each for each in SECRETS if each.encode() in text]
    assert unpacked


def values_of(path: Path) -> Iterator[bytes]:
    """Every value of a SQLite file that is compressed, as it was before."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f'select * from "{table}"'):
                for value in row:
                    if isinstance(value, bytes) and value[:1] == b"\x78":
                        yield zlib.decompress(value)


def test_no_table_holds_a_secret(scene: Scene) -> None:
    with closing(psycopg2.connect(scene.server.url("shop"))) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select format('select %L, t::text from %I.%I as t', table_schema || '.' || table_name, table_schema, "
            "table_name) from information_schema.tables where table_schema in "
            "('raw', 'audit', 'staging', 'intermediate', 'marts', 'metrics')"
        )
        rows = []
        for (select,) in cursor.fetchall():
            cursor.execute(select)
            rows += cursor.fetchall()
    assert any(table == "audit.pipeline_runs" and "no more rows here" in row for table, row in rows)
    assert not [(table, row) for table, row in rows for each in SECRETS if each in row]


def test_no_mail_holds_a_secret(scene: Scene) -> None:
    told = "\n".join(str(mail) for mail in scene.mailbox.mails) + "\n".join(scene.mailbox.texts)
    assert "no more rows here" in told
    assert "answers with status 401" in told
    assert not [each for each in SECRETS if each in told]
