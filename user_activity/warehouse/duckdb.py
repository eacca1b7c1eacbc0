"""The embedded warehouse: one DuckDB file, one writing process at a time.

Belongs here: everything that knows DuckDB as a warehouse. Does not belong here: reading landed files
(``ingest`` uses DuckDB too, but only in memory) and the SQL of models (``sql/``).
"""

import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from user_activity.settings import Settings
from user_activity.warehouse import Lake, Rows, WarehouseBusy

FEW_DAYS = 7  # up to this many, a copy a day is quicker than one partitioned copy on one thread
LAYERS = ("raw", "staging", "intermediate", "marts", "metrics", "audit")

AUDIT_TABLES = """
create table if not exists audit.synced_manifests (source varchar, landing_date date, mark varchar);
create table if not exists audit.landed_files (
    source varchar, landing_date date, file_name varchar, file_sha256 varchar, status varchar, size_bytes bigint,
    rows_landed bigint, rows_accepted bigint, rows_quarantined bigint, rows_late bigint, event_dates date[],
    part_path varchar, loaded_at timestamp
);
create table if not exists audit.landed_dates (
    source varchar, landing_date date, file_sha256 varchar, utc_date date, rows_accepted bigint, part_path varchar
);
create table if not exists audit.bad_records (
    source varchar, landing_date date, file_name varchar, file_sha256 varchar, row_number bigint,
    record varchar, reasons varchar, rules varchar, state varchar
);
"""

MANIFEST_TYPE = """[{
    "source": "VARCHAR", "landing_date": "DATE", "mark": "VARCHAR", "files": [{
        "file_name": "VARCHAR", "file_sha256": "VARCHAR", "status": "VARCHAR", "size_bytes": "BIGINT",
        "rows_landed": "BIGINT", "rows_accepted": "BIGINT", "rows_quarantined": "BIGINT", "rows_late": "BIGINT",
        "dates": "MAP(DATE, BIGINT)", "touches": "DATE[]", "part": "VARCHAR", "quarantine": "VARCHAR",
        "loaded_at": "TIMESTAMP"
    }]
}]"""


class DuckDBWarehouse:
    """The adapter of the embedded engine (see :class:`user_activity.warehouse.Warehouse`)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = settings.warehouse_dir / "user_activity.duckdb"

    def prepare(self) -> dict[str, str]:
        """Create the file, its schemas and audit tables; return the environment of dbt's profile."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._writing() as connection:
            for layer in LAYERS:
                connection.execute(f"create schema if not exists {layer}")
            connection.execute(AUDIT_TABLES)
        return {
            "USER_ACTIVITY_WAREHOUSE": "duckdb",
            "USER_ACTIVITY_DUCKDB_PATH": str(self._path),
            "USER_ACTIVITY_LAKE_DIR": str(self._settings.lake_dir),
            "USER_ACTIVITY_THREADS": str(self._settings.threads),
            "USER_ACTIVITY_WAREHOUSE_MEMORY": self._settings.warehouse_memory,
        }

    @contextmanager
    def building(self) -> Iterator[dict[str, str]]:
        """Keep the file open: dbt opens and closes it for every node, and each time would read and write it back."""
        environment = self.prepare()
        # dbt opens it without configuration, and connections of one process must agree.
        connection = _connect(self._path, read_only=False, config={}, patience_seconds=60)
        try:
            yield environment
        finally:
            connection.close()

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
                self._load(connection, manifests, [*changed, *gone])
            for source in lake.sources():
                select = self._raw_select(source, lake.raw_columns(source))
                connection.execute(f"create or replace view raw.{source} as {select}")
        return len(changed) + len(gone)

    def _load(
        self, connection: duckdb.DuckDBPyConnection, manifests: list[dict[str, Any]], stale: list[tuple[str, date]]
    ) -> None:
        stale_json = json.dumps([{"source": source, "landing_date": day.isoformat()} for source, day in stale])
        parts = [
            str(self._settings.lake_dir / file["quarantine"])
            for manifest in manifests
            for file in manifest["files"]
            if file["quarantine"]
        ]
        connection.execute("begin")
        connection.execute(
            """create or replace temp table stale as
            select unnest(from_json(?, '[{"source": "VARCHAR", "landing_date": "DATE"}]'), recursive := true)""",
            [stale_json],
        )
        connection.execute(
            f"""create or replace temp table landed as
            select source, landing_date, mark, unnest(files) as file
            from (select unnest(from_json(?, '{MANIFEST_TYPE}'), recursive := true))""",
            [json.dumps(manifests)],
        )
        for table in ("landed_files", "landed_dates", "bad_records", "synced_manifests"):
            connection.execute(
                f"delete from audit.{table} where (source, landing_date) in (select source, landing_date from stale)"
            )
        connection.execute(
            """
            insert into audit.synced_manifests select distinct source, landing_date, mark from landed;
            insert into audit.landed_files
            select source, landing_date, file.file_name, file.file_sha256, file.status, file.size_bytes, file.rows_landed,
                file.rows_accepted, file.rows_quarantined, file.rows_late, list_sort(file.touches), file.part, file.loaded_at
            from landed;
            insert into audit.landed_dates
            select source, landing_date, file_sha256, entry.key, entry.value, part
            from (
                select source, landing_date, file.file_sha256, file.part, unnest(map_entries(file.dates)) as entry from landed
            );
            """
        )
        if parts:
            connection.execute(
                """insert into audit.bad_records
                select source, landing_date, file_name, file_sha256, row_number, record,
                    array_to_string(reasons, '; '), array_to_string(rules, ', '), 'open'
                from read_parquet(?, hive_partitioning = false)""",
                [parts],
            )
        connection.execute("commit")

    def _raw_select(self, source: str, columns: Mapping[str, str]) -> str:
        folder = self._settings.lake_dir / "raw" / source
        if next(folder.glob("*/*.parquet"), None) is None:
            nulls = ", ".join(f'cast(null as {kind}) as "{column}"' for column, kind in columns.items())
            return f"select {nulls}, cast(null as date) as landing_date where false"
        return f"""
            select received.* exclude (filename)
            from read_parquet(
                '{_quoted(folder)}/*/*.parquet', hive_partitioning = true, hive_types = {{'landing_date': date}}, filename = true
            ) as received
            where parse_filename(filename) in (
                select parse_filename(part_path) from audit.landed_files where source = '{source}'
            )"""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one read-only statement."""
        with self.reading() as connection:
            cursor = connection.execute(sql, list(parameters))
            columns = tuple(column[0] for column in cursor.description or ())
            return Rows(columns, tuple(cursor.fetchall()))

    def query_published(self, sql: str) -> Rows:
        """Run one read-only statement on views over the published files."""
        with duckdb.connect(":memory:") as connection:
            connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
            for folder in sorted({path.parent for path in self._settings.published_dir.glob("*/*/*.parquet")}):
                connection.execute(f"create schema if not exists {folder.parent.name}")
                relation = f"{folder.parent.name}.{folder.name}"
                connection.execute(f"create view {relation} as from read_parquet('{_quoted(folder)}/*.parquet')")
            cursor = connection.execute(sql)
            columns = tuple(column[0] for column in cursor.description or ())
            return Rows(columns, tuple(cursor.fetchall()))

    def row_counts(self, relation: str, date_column: str, dates: Iterable[date]) -> dict[date, int]:
        """Rows of a relation by date, 0 for dates without any."""
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
        """Write relations as Parquet below ``published/<schema>/<table>``, each file or day replaced atomically."""
        days = sorted(set(dates))
        published: dict[str, int] = {}
        with self.reading() as connection:
            for relation, date_column in relations.items():
                target = self._settings.published_dir.joinpath(*relation.split("."))
                if date_column is None:
                    published[relation] = _publish_table(connection, relation, target)
                else:
                    published[relation] = _publish_days(connection, relation, date_column, days, target)
        return published

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection; raises :class:`WarehouseBusy` while another process writes."""
        if not self._path.exists():
            raise FileNotFoundError(f"There is no warehouse at {self._path} yet: land files and run `user-activity run`.")
        with self._open(read_only=True, patience_seconds=3) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._open(read_only=False, patience_seconds=60) as connection:
            yield connection

    @contextmanager
    def _open(self, *, read_only: bool, patience_seconds: float) -> Iterator[duckdb.DuckDBPyConnection]:
        config = {"memory_limit": self._settings.warehouse_memory, "threads": str(self._settings.threads)}
        connection = _connect(self._path, read_only, config, patience_seconds)
        try:
            connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")  # a bar would go to stdout
            yield connection
        finally:
            connection.close()


def _connect(
    path: Path, read_only: bool, config: dict[str, Any], patience_seconds: float
) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only, config=config)
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise
            if time.monotonic() >= deadline:
                raise WarehouseBusy(f"Another process is using {path}; try again when it has finished.") from error
            time.sleep(0.1)


def _publish_table(connection: duckdb.DuckDBPyConnection, relation: str, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".data.parquet.{os.getpid()}"
    rows = connection.execute(f"copy {relation} to '{_quoted(fresh)}' (format parquet)").fetchone()
    fresh.replace(folder / "data.parquet")
    return int(rows[0]) if rows else 0


def _publish_days(
    connection: duckdb.DuckDBPyConnection, relation: str, date_column: str, days: list[date], folder: Path
) -> int:
    """Replace the files of the given days; a day without rows has no file."""
    if not days:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".fresh.{os.getpid()}"
    shutil.rmtree(fresh, ignore_errors=True)
    if len(days) > FEW_DAYS:
        return _publish_many_days(connection, relation, date_column, days, folder, fresh)
    published = 0
    fresh.mkdir()
    for day in days:
        part = fresh / f"{day}.parquet"
        rows = connection.execute(
            f"copy (select * from {relation} where {date_column} = ?) to '{_quoted(part)}' (format parquet)", [day]
        ).fetchone()
        count = int(rows[0]) if rows else 0
        _replace_day(part if count else None, folder / part.name)
        published += count
    shutil.rmtree(fresh)
    return published


def _publish_many_days(
    connection: duckdb.DuckDBPyConnection, relation: str, date_column: str, days: list[date], folder: Path, fresh: Path
) -> int:
    connection.execute("set threads = 1")  # each thread of a partitioned copy writes a file of its own
    rows = connection.execute(
        f"""copy (
            select *, {date_column} as day from {relation}
            where {date_column} in (select unnest(cast(? as date[])))
        ) to '{_quoted(fresh)}' (format parquet, partition_by (day))""",
        [days],
    ).fetchone()
    connection.execute("reset threads")
    for day in days:
        part = fresh / f"day={day}" / "data_0.parquet"
        _replace_day(part if part.exists() else None, folder / f"{day}.parquet")
    shutil.rmtree(fresh, ignore_errors=True)
    return int(rows[0]) if rows else 0


def _replace_day(part: Path | None, target: Path) -> None:
    if part is None:
        target.unlink(missing_ok=True)
    else:
        part.replace(target)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
