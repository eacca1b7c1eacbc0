"""The audit tables, alike on every engine. What their columns mean says ``sql/models/audit/sources.yml``."""

from collections.abc import Mapping

_TABLES = {
    "synced_manifests": "source varchar, landing_date date, mark varchar",
    "landed_files": """
        source varchar, landing_date date, file_name varchar, file_sha256 varchar, status varchar, size_bytes bigint,
        rows_landed bigint, rows_accepted bigint, rows_quarantined bigint, rows_late bigint, event_dates date[],
        part_path varchar, loaded_at timestamp
    """,
    "landed_dates": """
        source varchar, landing_date date, file_sha256 varchar, utc_date date, rows_accepted bigint, part_path varchar
    """,
    "bad_records": """
        source varchar, landing_date date, file_name varchar, file_sha256 varchar, row_number bigint,
        record varchar, reasons varchar, rules varchar, state varchar
    """,
    "replaced_dates": "relation varchar, replaced_date date",
    "pipeline_runs": """
        run_id varchar, job varchar, dates varchar, state varchar, launched_by varchar, started_at timestamp,
        ended_at timestamp, seconds double precision, row_count bigint, error varchar
    """,
    "run_dates": "run_id varchar, run_date date",
    "row_counts": "run_id varchar, relation varchar, partition_date date, row_count bigint, counted_at timestamp",
    "dq_results": """
        run_id varchar, relation varchar, check_name varchar, partition_date date, severity varchar, passed boolean,
        failing_rows bigint, observed varchar, expected varchar, failing_examples varchar, evaluated_at timestamp
    """,
}

AUDIT_TABLES: Mapping[str, Mapping[str, str]] = {
    table: dict(column.strip().split(" ", 1) for column in columns.split(",")) for table, columns in _TABLES.items()
}
"""The columns of each table of the schema ``audit``, in order, with their SQL types."""
