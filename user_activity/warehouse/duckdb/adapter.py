"""The DuckDB adapter: connections, queries and the methods of the ``Warehouse`` protocol."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from typing import Any

import duckdb

from user_activity.settings import Settings
from user_activity.warehouse import LAYERS, BuiltDate, Lake, Rows
from user_activity.warehouse.audit_tables import AUDIT_TABLES, BUILT_DATES, MARK_BUILT
from user_activity.warehouse.duckdb import connections, publishing, statements
from user_activity.warehouse.duckdb.connections import connect
from user_activity.warehouse.duckdb.lake_tables import load, raw_view
from user_activity.warehouse.duckdb.lone_build import LoneBuild
from user_activity.warehouse.duckdb.publishing import due_days, publish_days, publish_table


class DuckDBWarehouse:
    """The adapter of the embedded engine (see :class:`user_activity.warehouse.Warehouse`)."""

    placeholder = "?"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = settings.warehouse_dir / "user_activity.duckdb"
        self._held: duckdb.DuckDBPyConnection | None = None

    def prepare(self) -> dict[str, str]:
        """Create the file, its schemas and audit tables; returns the environment variables for dbt's profile."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._writing() as connection:
            for layer in LAYERS:
                connection.execute(f"create schema if not exists {layer}")
            for table, columns in AUDIT_TABLES.items():
                connection.execute(f"create table if not exists audit.{table} ({_definition(columns)})")
        return self.profile()

    def profile(self) -> dict[str, str]:
        """The environment variables for dbt's profile."""
        return {
            "USER_ACTIVITY_WAREHOUSE": "duckdb",
            "USER_ACTIVITY_DUCKDB_PATH": str(self._path),
            "USER_ACTIVITY_LAKE_DIR": str(self._settings.lake_dir),
            "USER_ACTIVITY_THREADS": str(self._settings.threads),
            "USER_ACTIVITY_WAREHOUSE_MEMORY": self._settings.warehouse_memory,
        }

    @contextmanager
    def building(self, run_id: str) -> Iterator["LoneBuild"]:
        """Keep the file open: otherwise dbt would open and close it, and read and write it, for each node."""
        with self.kept_open(patience_seconds=60):
            environment = {**self.prepare(), "USER_ACTIVITY_RUN_ID": run_id}
            yield LoneBuild(environment, self._clear_rebuilt_users)

    @contextmanager
    def kept_open(self, patience_seconds: float = 3) -> Iterator[None]:
        """Keep the file open for writing (see :class:`user_activity.warehouse.Warehouse`)."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # dbt's profile has the same configuration, as all connections of a process must.
        config = {**self._limits(), "preserve_insertion_order": "false"}
        with connections.kept_open(self._path, config, patience_seconds):
            yield

    def sync(self, lake: Lake) -> int:
        """Load what changed in the lake's manifests since the last call, in one transaction."""
        self.prepare()
        with self._writing() as connection:
            marks = lake.marks()
            known = {
                (source, landing_date): mark
                for source, landing_date, mark in connection.sql("from audit.synced_manifests").fetchall()
            }
            changed = [key for key, mark in marks.items() if known.get(key) != mark]
            gone = [key for key in known if key not in marks]
            if changed or gone:
                manifests = [
                    {**manifest, "mark": marks[manifest["source"], date.fromisoformat(manifest["landing_date"])]}
                    for manifest in lake.read_manifests(changed)
                ]
                load(connection, manifests, lake.bad_records(changed), [*changed, *gone])
            for source in lake.sources():
                select = raw_view(self._settings.lake_dir, source, lake.raw_columns(source))
                connection.execute(f"create or replace view raw.{source} as {select}")
        return len(changed) + len(gone)

    def load(self, relation: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        """Replace the rows of a small table, in one transaction."""
        with self._writing() as connection:
            connection.execute("begin")
            connection.execute(f"create or replace table {relation} ({_definition(columns)})")
            if rows:
                connection.executemany(f"insert into {relation} values ({', '.join('?' * len(columns))})", rows)
            connection.execute("commit")

    def replace_rows(self, key: str, values: Sequence[str], tables: Mapping[str, Rows]) -> None:
        """Replace rows of several tables by their key, in one transaction."""
        with self._writing() as connection:
            connection.execute("begin")
            for relation, fresh in tables.items():
                connection.execute(f'delete from {relation} where "{key}" in (select unnest(?))', [list(values)])
                # Bind all rows as one JSON text: bound one by one, each row would cost a millisecond.
                columns = ", ".join(f'"{name}"' for name in fresh.columns)
                fields = ", ".join(f"fields[{number}]" for number in range(1, len(fresh.columns) + 1))
                connection.execute(
                    f"insert into {relation} ({columns}) "
                    f"select {fields} from (select unnest(from_json(?, '[[\"VARCHAR\"]]')) as fields)",
                    [json.dumps(fresh.rows, default=str)],
                )
            connection.execute("commit")

    def built_dates(self, patience_seconds: float = 3) -> dict[date, BuiltDate]:
        """The event dates that were ever built (see :class:`user_activity.warehouse.Warehouse`)."""
        if not self._path.exists():
            return {}
        with self.reading(patience_seconds) as connection:
            known = "select 1 from duckdb_tables() where schema_name = 'audit' and table_name = 'built_dates'"
            rows = connection.execute(BUILT_DATES).fetchall() if connection.execute(known).fetchone() else []
        return {day: BuiltDate(*built) for day, *built in rows}

    def mark_built(self, run_id: str) -> None:
        """Mark a run as finished, in one transaction."""
        with self._writing() as connection:
            connection.execute("begin")
            for statement in MARK_BUILT:
                connection.execute(statement.format(run_id=run_id))
            connection.execute("commit")

    def ask(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run a user's statement on a separate connection that can read the file and the lake's Parquet."""
        asked = statements.parsed(statement)
        self._require_file()
        with closing(connect(self._path, True, {**self._limits(), **statements.CONFIG}, 3)) as connection:
            return statements.answer(connection, asked, parameters, self._settings, self._settings.lake_dir)

    def ask_published(self, statement: str) -> Rows:
        """Run a user's statement on views over the published files."""
        asked = statements.parsed_select(statement)
        with duckdb.connect(":memory:", config={**self._limits(), **statements.CONFIG}) as connection:
            publishing.create_views(connection, self._settings.published_dir)
            return statements.answer(connection, asked, (), self._settings, self._settings.published_dir)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one read-only statement of the platform itself."""
        with self.reading() as connection:
            return statements.fetched(connection.execute(sql, list(parameters)))

    def row_counts(self, relation: str, date_column: str, dates: Iterable[date]) -> dict[date, int]:
        """Number of rows of a relation per date, 0 for dates without any."""
        wanted = sorted(set(dates))
        if not wanted:
            return {}
        schema, _, table = relation.partition(".")
        counted = dict(
            self.query(
                f'select cast("{date_column}" as date), count(*) from "{schema}"."{table}" '
                f'where "{date_column}" between ? and ? group by 1',
                [wanted[0], wanted[-1]],
            ).rows
        )
        return {day: counted.get(day, 0) for day in wanted}

    def publish(self, relations: dict[str, str | None], dates: Iterable[date]) -> dict[str, int]:
        """Write relations as Parquet below ``published/<schema>/<table>``; each file or day is replaced atomically."""
        published: dict[str, int] = {}
        with self.reading() as connection:
            connection.execute("set preserve_insertion_order = true")  # a process that builds has turned it off
            for relation, date_column in relations.items():
                target = self._settings.published_dir.joinpath(*relation.split("."))
                if date_column is None:
                    published[relation] = publish_table(connection, relation, target)
                else:
                    days = due_days(connection, relation, date_column, target) | set(dates)
                    published[relation] = publish_days(connection, relation, date_column, sorted(days), target)
        with self._writing() as connection:
            connection.execute("delete from audit.replaced_dates where relation in (select unnest(?))", [[*relations]])
        return published

    def published_at(self, relation: str) -> str:
        """The folder of a relation's Parquet files."""
        return self._settings.published_dir.joinpath(*relation.split(".")).as_uri()

    def size_bytes(self) -> int:
        """The size in bytes of the database file and its write-ahead log."""
        return sum(path.stat().st_size for path in self._path.parent.glob(f"{self._path.name}*"))

    @contextmanager
    def reading(self, patience_seconds: float = 3) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection. Raises :class:`WarehouseBusy` if another process writes for too long."""
        if self._held is not None:
            yield self._held
            return
        self._require_file()
        with self._open(read_only=True, patience_seconds=patience_seconds) as self._held:
            try:
                yield self._held
            finally:
                self._held = None

    def _require_file(self) -> None:
        if not self._path.exists():
            raise FileNotFoundError(
                f"There is no warehouse at {self._path} yet: land files and run `user-activity run`."
            )

    def _limits(self) -> dict[str, Any]:
        return {"memory_limit": self._settings.warehouse_memory, "threads": str(self._settings.threads)}

    def _clear_rebuilt_users(self) -> None:
        """Clear the list of rebuilt users before the next build."""
        with self._writing() as connection:
            connection.execute("delete from audit.rebuilt_users")

    @contextmanager
    def _writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._open(read_only=False, patience_seconds=60) as connection:
            yield connection

    @contextmanager
    def _open(self, *, read_only: bool, patience_seconds: float) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = connect(self._path, read_only, self._limits(), patience_seconds)
        try:
            connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")  # would be printed to stdout
            yield connection
        finally:
            connection.close()


def _definition(columns: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
