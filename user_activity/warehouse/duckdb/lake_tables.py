"""The lake's state in the warehouse: audit tables of what landed, and the raw views over it."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from user_activity.warehouse.duckdb.publishing import quoted

MANIFEST_TYPE = """[{
    "source": "VARCHAR", "landing_date": "DATE", "mark": "VARCHAR", "files": [{
        "file_name": "VARCHAR", "file_sha256": "VARCHAR", "status": "VARCHAR", "size_bytes": "BIGINT",
        "rows_landed": "BIGINT", "rows_accepted": "BIGINT", "rows_quarantined": "BIGINT", "rows_late": "BIGINT",
        "dates": "MAP(DATE, BIGINT)", "touches": "DATE[]", "part": "VARCHAR", "quarantine": "VARCHAR",
        "loaded_at": "TIMESTAMP", "warnings": "MAP(VARCHAR, BIGINT)"
    }]
}]"""


def load(
    connection: duckdb.DuckDBPyConnection,
    manifests: list[dict[str, Any]],
    bad_records: Any,
    stale: list[tuple[str, date]],
) -> None:
    """Replace the audit rows of the ``stale`` landing partitions with those from the lake, in one transaction."""
    stale_json = json.dumps([{"source": source, "landing_date": day.isoformat()} for source, day in stale])
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
    for table in ("landed_files", "landed_dates", "set_aside_values", "bad_records", "synced_manifests"):
        connection.execute(
            f"delete from audit.{table} where (source, landing_date) in (select source, landing_date from stale)"
        )
    connection.execute(
        """
        insert into audit.synced_manifests select distinct source, landing_date, mark from landed;
        insert into audit.landed_files
        select source, landing_date, file.file_name, file.file_sha256, file.status, file.size_bytes, file.rows_landed,
            file.rows_accepted, file.rows_quarantined, file.rows_late, list_sort(file.touches), file.part,
            file.loaded_at
        from landed;
        insert into audit.landed_dates
        select source, landing_date, file_sha256, entry.key, entry.value, part
        from (
            select source, landing_date, file.file_sha256, file.part, unnest(map_entries(file.dates)) as entry
            from landed
        );
        insert into audit.set_aside_values
        select source, landing_date, file_name, file_sha256, entry.key, entry.value
        from (
            select source, landing_date, file.file_name, file.file_sha256, unnest(map_entries(file.warnings)) as entry
            from landed
        );
        """
    )
    connection.register("rejected", bad_records)
    connection.execute(
        """insert into audit.bad_records
        select source, landing_date, file_name, file_sha256, row_number, record,
            array_to_string(reasons, '; '), array_to_string(rules, ', '), state
        from rejected"""
    )
    connection.execute("commit")


def raw_view(lake_dir: Path, source: str, columns: Mapping[str, str]) -> str:
    """The select statement of ``raw.<source>``: the rows of exactly those parts that a manifest names."""
    folder = lake_dir / "raw" / source
    if next(folder.glob("*/*.parquet"), None) is None:
        nulls = ", ".join(f'cast(null as {kind}) as "{column}"' for column, kind in columns.items())
        return f"select {nulls}, cast(null as date) as landing_date where false"
    return f"""
        select received.* exclude (filename)
        from read_parquet(
            '{quoted(folder)}/*/*.parquet',
            hive_partitioning = true, hive_types = {{'landing_date': date}}, filename = true
        ) as received
        where (landing_date, parse_filename(filename)) in (
            select (landing_date, parse_filename(part_path)) from audit.landed_files where source = '{source}'
        )"""
