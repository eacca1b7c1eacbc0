-- Failed checks, in detail
-- The last 200 failed evaluations: what the check expected, what it found, and some of the rows that break it
-- (audit.dq_failures). "run" opens the run in Dagster.
select
    failures.evaluated_at as "evaluated",
    failures.severity as "severity",
    failures.relation as "table",
    failures.check_name as "check",
    cast(failures.partition_date as text) as "day",
    failures.failing_rows as "failing rows",
    failures.observed as "observed",
    failures.expected as "expected",
    failures.failing_examples as "examples",
    failures.run_id as "run"
from audit.dq_failures as failures
join audit.pipeline_runs as runs on runs.run_id = failures.run_id
where
    $__timeFilter(failures.evaluated_at)
    and runs.job = any(array[${job:sqlstring}]::text[])
order by failures.evaluated_at desc
limit 200
