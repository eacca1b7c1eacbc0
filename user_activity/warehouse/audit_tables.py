"""The audit tables, the same on every engine. ``sql/models/audit/sources.yml`` describes their columns."""

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
    "set_aside_values": """
        source varchar, landing_date date, file_name varchar, file_sha256 varchar, rule varchar, value_count bigint
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
    "built_dates": "event_date date, state varchar, facts varchar, run_id varchar, is_finished boolean",
    "planned_dates": "run_id varchar, event_date date, state varchar, facts varchar",
    "built_tables": "relation varchar, recipe varchar, has_rows boolean",
    "rebuild_history": "run_id varchar, event_date date, reason varchar, detail varchar, planned_at timestamp",
}

AUDIT_TABLES: Mapping[str, Mapping[str, str]] = {
    table: dict(column.strip().split(" ", 1) for column in columns.split(",")) for table, columns in _TABLES.items()
}
"""The columns of each table of the schema ``audit``, in order, with their SQL types."""

BUILT_DATES = "select event_date, state, case when not is_finished then run_id end from audit.built_dates"

MARK_BUILT = (
    """
    update audit.built_dates as built
    set state = planned.state, facts = planned.facts
    from audit.planned_dates as planned
    where planned.run_id = '{run_id}' and built.run_id = '{run_id}' and built.event_date = planned.event_date
    """,
    """
    update audit.built_dates set is_finished = true
    where run_id = '{run_id}' and exists (select 1 from audit.planned_dates where run_id = '{run_id}')
    """,
    """
    delete from audit.planned_dates
    where run_id = '{run_id}' or run_id not in (select run_id from audit.built_dates where not is_finished)
    """,
)
"""Run when a build of all tables has finished. Dates whose build a later run has begun stay unfinished."""
