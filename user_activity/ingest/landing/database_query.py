"""Reading a database through SQLAlchemy: read-only, as a stream, with errors that are one sentence without secrets."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from user_activity.database_settings import Database, database_variable
from user_activity.ingest.landing.configured_databases import ExtractFailed
from user_activity.ingest.landing.database_values import Row, plain

CONNECT_SECONDS = 10
FETCH_ROWS = 500
MASK = "***"
SHORTEST = 3  # shorter secrets are not masked, as any text contains them
_SECRET_NAME = re.compile(r"pass|pwd|secret|token|key|odbc_connect", re.IGNORECASE)


class Reader:
    """Reads the table or query of one source. ``names`` are its columns, ``place`` is the database without secrets."""

    def __init__(self, source: str, database: Database, connection: sa.Connection) -> None:
        self._source = source
        self._database = database
        self._connection = connection
        self._schema, _, self._table = (database.table or "").rpartition(".")
        self.place = _place(connection.engine.url)
        self._check_table()
        self.names = list(connection.execute(self._statement().where(sa.false())).keys())
        self._check_names()

    def rows(self, *, begin: Any = None, without_cursor: bool = False) -> Iterator[Row]:
        """The rows from a value of the cursor on, in its order; or those that have none."""
        statement, cursor = self._statement(), self._database.cursor
        if cursor is not None:
            column: sa.ColumnElement[Any] = sa.column(cursor)
            if without_cursor:
                statement = statement.where(column.is_(None))
            else:
                statement = statement.where(column.is_not(None) if begin is None else column >= begin)
                statement = statement.order_by(column)
        statement = statement.order_by(*(sa.column(name) for name in self._key() if name != cursor))
        for row in self._connection.execute(statement, execution_options={"yield_per": FETCH_ROWS}):
            yield tuple(map(plain, row))

    def _statement(self) -> "sa.Select[Any]":
        everything = sa.select(sa.text("*"))
        if self._database.query is not None:
            query = self._database.query.strip().rstrip(";").replace(":", r"\:")  # it has no parameters
            return everything.select_from(sa.text(f"({query}\n) extracted"))
        return everything.select_from(sa.table(self._table, schema=self._schema or None))

    def _check_table(self) -> None:
        if self._database.query is not None:
            return
        inspector, schema = sa.inspect(self._connection), self._schema or None
        if not inspector.has_table(self._table, schema):
            known = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
            nearest = _nearest(self._table, known)
            raise ExtractFailed(f"{self._source}: {self.place} has no table {self._database.table!r}{nearest}.")

    def _check_names(self) -> None:
        cursor = self._database.cursor
        twice = sorted({name for name in self.names if self.names.count(name) > 1})
        if cursor is not None and cursor not in self.names:
            nearest = _nearest(cursor, self.names)
            raise ExtractFailed(f"{self._source}: there is no column {cursor!r} to use as cursor{nearest}.")
        if twice:
            raise ExtractFailed(f"{self._source}: two columns have the name {twice[0]!r}: rename one with `as`.")

    def _key(self) -> Sequence[str]:
        """The primary key, so that equal reads have an equal order."""
        if self._database.query is None:
            with suppress(NotImplementedError, NoSuchTableError):
                key = sa.inspect(self._connection).get_pk_constraint(self._table, self._schema or None)
                return key["constrained_columns"]
        return ()


@contextmanager
def open_reader(source: str, database: Database) -> Iterator[Reader]:
    """A reader with a connection of its own. An error of the database is raised as :class:`ExtractFailed`.

    The original errors may quote the address, so they are not chained.
    """
    engine = _engine(source, database)
    try:
        with engine.connect() as connection:
            if engine.name == "postgresql":
                connection = connection.execution_options(postgresql_readonly=True)
            yield Reader(source, database, connection)
    except (SQLAlchemyError, ValueError, ArithmeticError) as error:
        told = _told(error, database)
        raise ExtractFailed(f"{source} cannot be extracted from {_place(engine.url)}: {told}.") from None


def _engine(source: str, database: Database) -> sa.Engine:
    variable = database_variable([source, "url"])
    try:
        url = sa.make_url(database.url.get_secret_value())
        is_readable = not (url.host and "@" in f"{url.host}{url.database}")
    except (ArgumentError, ValueError):
        is_readable = False
    if not is_readable:
        raise ExtractFailed(
            f"{variable} cannot be read: write it like postgresql://user:password@host:5432/name, "
            "with special characters percent-encoded (@ is %40)."
        )
    backend, options = url.get_backend_name(), dict[str, Any]()
    if backend == "sqlite" and not str(url.database).startswith("file:") and not Path(url.database or "").is_file():
        raise ExtractFailed(f"{source}: there is no database file {url.database!r}.")  # the driver would create it
    if backend == "postgresql":
        options["json_deserializer"] = str  # JSON as it is written: a parsed number may lose digits
    if backend in ("postgresql", "mysql", "mariadb") and "connect_timeout" not in url.query:
        options["connect_args"] = {"connect_timeout": CONNECT_SECONDS}
    try:
        engine = sa.create_engine(url, poolclass=NullPool, hide_parameters=True, **options)
    except (ArgumentError, ImportError) as error:
        raise ExtractFailed(
            f"{source}: there is no driver for {url.drivername} ({_told(error, database)}): "
            f"install it, or correct {variable}."
        ) from None
    event.listen(engine, "connect", lambda connection, _: _forbid_writing(backend, connection))
    return engine


def _forbid_writing(backend: str, connection: Any) -> None:
    if backend == "sqlite":
        connection.execute("pragma query_only = on")
        connection.text_factory = lambda text: text.decode("utf-8", "backslashreplace")
    elif backend in ("mysql", "mariadb"):
        with connection.cursor() as cursor:
            cursor.execute("set session transaction read only")


def _place(url: sa.URL) -> str:
    server = f"{url.host or ''}{f':{url.port}' if url.port else ''}"
    return f"{url.drivername}://{server}/{url.database or ''}"


def _told(error: Exception, database: Database) -> str:
    """The first line of an error, without passwords."""
    original = getattr(error, "orig", None) or error
    lines = str(original).strip().splitlines() or [type(original).__name__]
    return _without_secrets(lines[0], database).rstrip(".")


def _without_secrets(text: str, database: Database) -> str:
    address = database.url.get_secret_value()
    text = text.replace(address, MASK)
    url = sa.make_url(address)
    given = [value for name, value in url.query.items() if _SECRET_NAME.search(name)]
    values = [each for value in given for each in ([value] if isinstance(value, str) else value)]
    for secret in [url.password or "", *values]:
        if len(secret) >= SHORTEST:
            text = text.replace(quote(secret, safe=""), MASK).replace(secret, MASK)
    return re.sub(r"://[^\s/]*@", "://", text)


def _nearest(name: str, known: Sequence[str]) -> str:
    nearest = get_close_matches(name, known, 1, cutoff=0)
    return f": the nearest is {nearest[0]!r}" if nearest else ""
