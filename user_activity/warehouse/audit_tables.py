"""The audit tables of runs, alike on every engine. What their columns mean says ``sql/models/audit/sources.yml``."""

RUN_TABLES = """
create table if not exists audit.pipeline_runs (
    run_id varchar, job varchar, dates varchar, state varchar, launched_by varchar, started_at timestamp,
    ended_at timestamp, seconds double precision, row_count bigint, error varchar
);
create table if not exists audit.run_dates (run_id varchar, run_date date);
create table if not exists audit.row_counts (
    run_id varchar, relation varchar, partition_date date, row_count bigint, counted_at timestamp
);
create table if not exists audit.dq_results (
    run_id varchar, relation varchar, check_name varchar, partition_date date, severity varchar, passed boolean,
    failing_rows bigint, observed varchar, expected varchar, failing_examples varchar, evaluated_at timestamp
);
"""
