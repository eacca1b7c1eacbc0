"""The lake's state in the warehouse: audit tables of what landed, and raw tables of the accepted rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extras import execute_values

from user_activity.warehouse.audit_tables import AUDIT_TABLES
from user_activity.warehouse.postgres.connections import Connection
from user_activity.warehouse.postgres.copying import copy_batches, copy_parts

Key = tuple[str, date]

TYPES = {"varchar": "character varying", "timestamp": "timestamp without time zone"}
COLLATED = {"character varying": ' collate "C"'}
INDEXES = """
create index if not exists landed_dates_by_day on audit.landed_dates (source, utc_date);
create index if not exists landed_dates_by_landing on audit.landed_dates (source, landing_date);
create index if not exists bad_records_by_landing on audit.bad_records (source, landing_date);
create index if not exists pipeline_runs_by_run on audit.pipeline_runs (run_id);
create index if not exists run_dates_by_run on audit.run_dates (run_id);
create index if not exists row_counts_by_run on audit.row_counts (run_id);
create index if not exists dq_results_by_run on audit.dq_results (run_id);
"""


def type_of(kind: str) -> str:
    """PostgreSQL's own name of an SQL type."""
    name = kind.lower().replace("decimal", "numeric").replace(", ", ",")
    return TYPES.get(name, name)


def definition(columns: Mapping[str, str]) -> str:
    """Columns for `create table`.

    Text is compared byte by byte, as on the other engine, whatever the database's locale.
    """
    kinds = {name: type_of(kind) for name, kind in columns.items()}
    return ", ".join(f'"{name}" {kind}{COLLATED.get(kind, "")}' for name, kind in kinds.items())


def audit_tables() -> str:
    """The statements that create missing audit tables."""
    tables = (f"create table if not exists audit.{name} ({definition(found)});" for name, found in AUDIT_TABLES.items())
    return "\n".join([*tables, INDEXES])


def known_marks(connection: Connection) -> dict[Key, str]:
    """The mark of each landing partition at its last sync."""
    with connection.cursor() as cursor:
        cursor.execute("select source, landing_date, mark from audit.synced_manifests")
        return {(source, day): mark for source, day, mark in cursor.fetchall()}


def ensure_raw(connection: Connection, source: str, columns: Mapping[str, str]) -> bool:
    """Create a source's raw table unless it exists with these columns; returns whether it was created and is empty."""
    wanted = {name: type_of(kind) for name, kind in {**columns, "landing_date": "date"}.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            """select attname, format_type(atttypid, atttypmod) from pg_attribute
            where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped""",
            [f'raw."{source}"'],
        )
        if dict(cursor.fetchall()) == wanted:
            return False
        cursor.execute(f'drop table if exists raw."{source}"')
        cursor.execute(f'create table raw."{source}" ({definition(wanted)})')
        cursor.execute(f'create index "{source}_by_landing_date" on raw."{source}" (landing_date)')
        return True


def replace(
    connection: Connection,
    lake_dir: Path,
    manifests: Sequence[Mapping[str, Any]],
    bad_records: Iterable[pa.RecordBatch],
    stale: Sequence[Key],
    raw_columns: Mapping[str, Mapping[str, str]],
) -> None:
    """Replace the rows of the ``stale`` landing partitions with those from the lake."""
    with connection.cursor() as cursor:
        for source, days in _by_source(stale).items():
            for table in ("landed_files", "landed_dates", "set_aside_values", "bad_records", "synced_manifests"):
                cursor.execute(
                    f"delete from audit.{table} where source = %s and landing_date = any(%s)", [source, days]
                )
            cursor.execute(f'delete from raw."{source}" where landing_date = any(%s)', [days])
        marks = [(each["source"], each["landing_date"], each["mark"]) for each in manifests]
        execute_values(cursor, "insert into audit.synced_manifests values %s", marks)
        files = [(each["source"], each["landing_date"], file) for each in manifests for file in each["files"]]
        execute_values(
            cursor,
            "insert into audit.landed_files values %s",
            [_landed_file(*each) for each in files],
            template=f"({', '.join(f'%s::{kind}' for kind in AUDIT_TABLES['landed_files'].values())})",
        )
        execute_values(
            cursor,
            "insert into audit.landed_dates values %s",
            [
                (source, landing_date, file["file_sha256"], day, rows, file["part"])
                for source, landing_date, file in files
                for day, rows in file["dates"].items()
            ],
        )
        execute_values(
            cursor,
            "insert into audit.set_aside_values values %s",
            [
                (source, landing_date, file["file_name"], file["file_sha256"], rule, values)
                for source, landing_date, file in files
                for rule, values in file["warnings"].items()
            ],
        )
    for source, columns in raw_columns.items():
        parts = [
            (lake_dir / file["part"], {"landing_date": date.fromisoformat(landing_date)})
            for owner, landing_date, file in files
            if owner == source and file["part"]
        ]
        copy_parts(connection, f'raw."{source}"', [*columns, "landing_date"], parts)
    copy_batches(connection, "audit.bad_records", list(AUDIT_TABLES["bad_records"]), map(_bad_records, bad_records))


def _by_source(keys: Iterable[Key]) -> dict[str, list[date]]:
    days: dict[str, list[date]] = {}
    for source, day in keys:
        days.setdefault(source, []).append(day)
    return days


def _landed_file(source: str, landing_date: str, file: Mapping[str, Any]) -> tuple[Any, ...]:
    counts = (file[name] for name in ("size_bytes", "rows_landed", "rows_accepted", "rows_quarantined", "rows_late"))
    touched = sorted(file["touches"])
    return (
        *(source, landing_date, file["file_name"], file["file_sha256"], file["status"]),
        *counts,
        *(touched, file["part"], file["loaded_at"]),
    )


def _bad_records(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Rejected records with the columns of their table. NUL, which PostgreSQL text cannot hold, becomes an escape."""
    columns = {name: batch.column(name) for name in batch.schema.names}
    columns["record"] = pc.replace_substring(columns["record"], "\0", "\\x00")
    columns["reasons"] = pc.replace_substring(pc.binary_join(columns["reasons"], "; "), "\0", "\\x00")
    columns["rules"] = pc.binary_join(columns["rules"], ", ")
    return pa.record_batch(columns)
