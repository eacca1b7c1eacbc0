-- Latest runs
-- The last 200 runs of the range, newest first (audit.pipeline_runs). "dates" are landing dates for ingest, reporting
-- days for all others; "run" opens the run in Dagster.
with runs as (
    select *, coalesce(started_at, ended_at) as run_at
    from audit.pipeline_runs
    where job = any(array[${job:sqlstring}]::text[])
)

select
    run_at as "started",
    job as "job",
    state as "state",
    seconds as "duration",
    row_count as "rows",
    dates as "dates",
    launched_by as "asked for by",
    error as "error",
    run_id as "run"
from runs
where $__timeFilter(run_at)
order by run_at desc
limit 200
