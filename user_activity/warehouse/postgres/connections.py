"""Connections to the server, and error messages for refused ones."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import psycopg2
from psycopg2.extensions import connection, parse_dsn

from user_activity.settings import Settings
from user_activity.warehouse import WarehouseUnreachable

Connection: TypeAlias = connection
CONNECT_SECONDS = 10
# The plans of a day's build are cheap to run but slow to JIT-compile; sorts of a year's build should stay in memory.
SESSION = "-c jit=off -c work_mem=64MB"
# The parts of a URL that dbt's profile names itself; libpq reads all others from the environment.
NAMED = {"host", "port", "user", "password", "dbname", "options", "application_name", "connect_timeout"}


@dataclass(frozen=True)
class Address:
    """Host, database and login of the server."""

    parts: dict[str, str]
    lock_timeout_seconds: float
    remedy: str = "Start the server, or correct USER_ACTIVITY_WAREHOUSE_URL."

    @classmethod
    def of(cls, settings: Settings) -> "Address":
        """The configured address. Raises :class:`WarehouseUnreachable` if it is invalid, without quoting it."""
        url = settings.warehouse_url.get_secret_value() if settings.warehouse_url else ""
        try:
            parts = parse_dsn(url)
            # An unescaped @ or / in a password would be parsed as part of the host or database, and be shown.
            shown = (parts.get("host", ""), parts.get("port", "5432"), parts.get("dbname", "@"))
            if shown[1].isdigit() and "@" not in "".join(shown):
                return cls(parts, settings.lock_timeout_seconds)
        except psycopg2.ProgrammingError:
            pass
        raise WarehouseUnreachable(
            f"USER_ACTIVITY_WAREHOUSE_URL {'cannot be read' if url else 'is missing'}: it must be like "
            "postgresql://user:password@host:5432/database, with %40 for an @ in a password and the like."
        )

    def of_reader(self, settings: Settings) -> "Address | None":
        """The same server with the reader's login; None if the reader has no password."""
        password = settings.warehouse_reader_password
        if password is None:
            return None
        login = {"user": settings.warehouse_reader, "password": password.get_secret_value()}
        return Address(
            {**self.parts, **login},
            self.lock_timeout_seconds,
            "Start the server, or let `user-activity migrate` give this role USER_ACTIVITY_WAREHOUSE_READER_PASSWORD.",
        )

    @property
    def place(self) -> str:
        """Host, port and database, without secrets."""
        return f"{self.parts.get('host', 'localhost')}:{self.parts.get('port', '5432')}/{self.parts['dbname']}"

    def profile(self) -> dict[str, str]:
        """The environment variables for dbt's profile and for libpq."""
        further = {name: value for name, value in self.parts.items() if name not in NAMED}
        return {
            "USER_ACTIVITY_DATABASE": self.parts["dbname"],
            "USER_ACTIVITY_DATABASE_HOST": self.parts.get("host", "localhost"),
            "USER_ACTIVITY_DATABASE_PORT": self.parts.get("port", "5432"),
            "USER_ACTIVITY_DATABASE_USER": self.parts.get("user", ""),
            "DBT_ENV_SECRET_DATABASE_PASSWORD": self.parts.get("password", ""),
            "PGTZ": "UTC",
            "PGOPTIONS": self._options(),
            **{f"PG{name.replace('_', '').upper()}": value for name, value in further.items()},
        }

    def _options(self) -> str:
        patience = f"-c lock_timeout={round(self.lock_timeout_seconds * 1000)}"
        return f"{self.parts.get('options', '')} {SESSION} {patience}".strip()

    @contextmanager
    def connected(self, *, read_only: bool) -> Iterator[Connection]:
        """A session in UTC. If it writes, it is one transaction: committed at the end, rolled back on an error."""
        with self.session() as session:
            session.set_session(readonly=read_only, autocommit=read_only)
            if read_only:
                yield session
            else:
                with session:
                    yield session

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A session in UTC with autocommit."""
        wanted = {"application_name": "user-activity", "connect_timeout": CONNECT_SECONDS, **self.parts}
        wanted["options"] = f"{self._options()} -c timezone=UTC"
        try:
            opened = psycopg2.connect(**wanted)
        except psycopg2.OperationalError as error:
            raise WarehouseUnreachable(self._error_message(error)) from None
        with closing(opened) as session:
            session.set_session(autocommit=True)
            yield session

    def _error_message(self, error: Exception) -> str:
        reason = str(error).strip().splitlines()[0].rpartition("failed: ")[2].removeprefix("FATAL:").strip()
        password = self.parts.get("password")
        reason = reason.replace(password, "***") if password else reason
        return f"PostgreSQL at {self.place} cannot be used: {reason.rstrip('.')}. {self.remedy}"


def fetch_one(connection: Connection, sql: str, parameters: Any = None) -> Any:
    """The first column of the first row; None without rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
        return row[0] if row else None
