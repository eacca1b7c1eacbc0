"""The PostgreSQL adapter: the methods of the ``Warehouse`` protocol on a server."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from typing import Any

from psycopg2.extras import execute_values

from user_activity.settings import Settings
from user_activity.warehouse import LAYERS, BuiltDate, Lake, Rows, WarehouseUnreachable
from user_activity.warehouse.audit_tables import BUILT_DATES, MARK_BUILT
from user_activity.warehouse.postgres import lake_tables, locks, readers, statements
from user_activity.warehouse.postgres.build_lock import SharedBuild
from user_activity.warehouse.postgres.connections import Address, Connection, fetch_one


class PostgresWarehouse:
    """The adapter of a PostgreSQL server (see :class:`user_activity.warehouse.Warehouse`)."""

    placeholder = "%s"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._address = Address.of(settings)
        self._held: Connection | None = None

    def profile(self) -> dict[str, str]:
        """The environment variables for dbt's profile."""
        return {
            "USER_ACTIVITY_WAREHOUSE": "postgres",
            "USER_ACTIVITY_THREADS": str(self._settings.threads),
            "USER_ACTIVITY_LOCK_TIMEOUT_SECONDS": str(self._settings.lock_timeout_seconds),
            **self._address.profile(),
        }

    def prepare(self) -> dict[str, str]:
        """Create missing schemas, audit tables and the reader's role."""
        reader, password = self._settings.warehouse_reader, self._settings.warehouse_reader_password
        schemas = [f"create schema if not exists {layer};" for layer in LAYERS]
        wanted = [*schemas, locks.FUNCTION, lake_tables.audit_tables(), reader]
        mark = f"user-activity {hashlib.sha256(repr(wanted).encode()).hexdigest()[:16]}"
        with self._address.session() as session:
            found = fetch_one(session, "select obj_description(to_regnamespace('audit'), 'pg_namespace')")
            if found != mark or password or not readers.reader_exists(session, reader):
                locks.ensure_table(session)
                with session:
                    self._create(session, wanted[:-1], mark)
        return self.profile()

    def _create(self, connection: Connection, statements: Sequence[str], mark: str) -> None:
        if fetch_one(connection, "show server_encoding") != "UTF8":
            raise WarehouseUnreachable(
                f"The database {self._address.place} is not in UTF8: create it with encoding 'UTF8'."
            )
        password = self._settings.warehouse_reader_password
        with connection.cursor() as cursor:
            cursor.execute("insert into raw._locks values ('prepare') on conflict do nothing")
            cursor.execute("select from raw._locks where name = 'prepare' for update")
            cursor.execute("\n".join(statements))
            readers.ensure_reader(
                connection, self._settings.warehouse_reader, password.get_secret_value() if password else None
            )
            cursor.execute("comment on schema audit is %s", [mark])

    @contextmanager
    def building(self, run_id: str) -> Iterator[SharedBuild]:
        """Build in turn with other processes, on any machine."""
        profile = self.prepare()
        with self._address.session() as connection:
            build = SharedBuild(connection, run_id, profile, self._settings.lock_timeout_seconds)
            with build.turn():
                yield build

    def kept_open(self, patience_seconds: float = 3) -> AbstractContextManager[None]:
        """Does nothing: a server is always open."""
        return nullcontext()

    def sync(self, lake: Lake) -> int:
        """Load what changed in the lake's manifests since the last call, in one transaction."""
        self.prepare()
        with self._writing() as connection:
            self._lock(connection, "sync")
            columns = {source: lake.raw_columns(source) for source in lake.sources()}
            empty = {source for source in columns if lake_tables.ensure_raw(connection, source, columns[source])}
            marks = lake.marks()
            known = lake_tables.known_marks(connection)
            changed = [key for key, mark in marks.items() if known.get(key) != mark or key[0] in empty]
            gone = [key for key in known if key not in marks and key[0] in columns]
            if changed or gone:
                manifests = [
                    {**manifest, "mark": marks[manifest["source"], date.fromisoformat(manifest["landing_date"])]}
                    for manifest in lake.read_manifests(changed)
                ]
                rejected = lake.bad_records(changed)
                lake_tables.replace(
                    connection, self._settings.lake_dir, manifests, rejected, [*changed, *gone], columns
                )
                with connection.cursor() as cursor:
                    # Raw rows are only filtered and joined by these columns; statistics of wide text columns are
                    # expensive.
                    for source in columns:
                        cursor.execute(f'analyze raw."{source}" (landing_date, _file_sha256, _row_number)')
                    cursor.execute("analyze audit.landed_dates")
        return len(changed) + len(gone)

    def load(self, relation: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        """Replace the rows of a small table, in one transaction."""
        wanted = {name: lake_tables.type_of(kind) for name, kind in columns.items()}
        with self._writing() as connection, connection.cursor() as cursor:
            self._lock(connection, relation)
            cursor.execute(
                """select attname, format_type(atttypid, atttypmod) from pg_attribute
                where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped""",
                [relation],
            )
            if dict(cursor.fetchall()) != wanted:
                cursor.execute(f"drop table if exists {relation}")
                cursor.execute(f"create table {relation} ({lake_tables.definition(columns)})")
            cursor.execute(f"delete from {relation}")
            execute_values(cursor, f"insert into {relation} values %s", [tuple(row) for row in rows])

    def replace_rows(self, key: str, values: Sequence[str], tables: Mapping[str, Rows]) -> None:
        """Replace rows of several tables by their key, in one transaction."""
        with self._writing() as connection, connection.cursor() as cursor:
            self._lock(connection, *tables)
            for relation, fresh in tables.items():
                cursor.execute(f'delete from {relation} where "{key}" = any(%s)', [list(values)])
                columns = ", ".join(f'"{name}"' for name in fresh.columns)
                execute_values(cursor, f"insert into {relation} ({columns}) values %s", map(_storable, fresh.rows))

    def built_dates(self, patience_seconds: float = 3) -> dict[date, BuiltDate]:
        """The event dates that were ever built (see :class:`user_activity.warehouse.Warehouse`)."""
        self.prepare()
        return {day: BuiltDate(*built) for day, *built in self.query(BUILT_DATES).rows}

    def mark_built(self, run_id: str) -> None:
        """Mark a run as finished, in one transaction."""
        with self._writing() as connection, connection.cursor() as cursor:
            for statement in MARK_BUILT:
                cursor.execute(statement.format(run_id=run_id))

    def ask(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run a user's statement in a separate session, with the reader's role if the owner may take it."""
        return statements.answer(self._address, self._settings, statement, parameters)

    def ask_published(self, statement: str) -> Rows:
        """Run a user's statement: the tables themselves are what is published."""
        return self.ask(statement)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one read-only statement of the platform itself."""
        with self.reading() as connection, connection.cursor() as cursor:
            cursor.execute(sql, list(parameters) or None)
            columns = tuple(column.name for column in cursor.description or ())
            return Rows(columns, tuple(cursor.fetchall()))

    def row_counts(self, relation: str, date_column: str, dates: Iterable[date]) -> dict[date, int]:
        """Number of rows of a relation per date, 0 for dates without any."""
        wanted = sorted(set(dates))
        if not wanted:
            return {}
        counted = self.query(
            f'select cast("{date_column}" as date), count(*) from {relation} '
            f"where \"{date_column}\" between '{wanted[0]}' and '{wanted[-1]}' group by 1"
        )
        found = dict(counted.rows)
        return {day: found.get(day, 0) for day in wanted}

    def publish(self, relations: dict[str, str | None], dates: Iterable[date]) -> dict[str, int]:
        """Count the relations' rows. Nothing else is to do, as readers already see the tables."""
        days = sorted(set(dates))
        counts: dict[str, int] = {}
        with self._writing() as connection, connection.cursor() as cursor:
            for relation, date_column in relations.items():
                where, parameters = (f'where "{date_column}" = any(%s)', [days]) if date_column else ("", None)
                counts[relation] = fetch_one(connection, f"select count(*) from {relation} {where}", parameters)
            cursor.execute("delete from audit.replaced_dates where relation = any(%s)", [list(relations)])
        return counts

    def published_at(self, relation: str) -> str:
        """The URI of the table."""
        return f"postgresql://{self._address.place}/{relation.replace('.', '/')}"

    def size_bytes(self) -> int:
        """The size of the whole database in bytes."""
        with self.reading() as connection:
            return int(fetch_one(connection, "select pg_database_size(current_database())"))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only session, shared by all queries inside the block."""
        if self._held is not None:
            yield self._held
            return
        with self._address.connected(read_only=True) as connection:
            self._held = connection
            try:
                yield connection
            finally:
                self._held = None

    def _lock(self, connection: Connection, *relations: str) -> None:
        """Lock these relations: two concurrent writers would both delete the old rows and both insert new ones."""
        locks.take(connection, self._settings.lock_timeout_seconds, *relations)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._address.connected(read_only=False) as connection:
            yield connection


def _storable(row: Sequence[Any]) -> tuple[Any, ...]:
    """Values that the server can store: PostgreSQL text cannot hold a NUL character, so it is written as an escape."""
    return tuple(value.replace("\0", "\\x00") if isinstance(value, str) else value for value in row)
