-- Failed checks
-- Failed evaluations of checks in this range (audit.dq_results). Errors block downstream tables, warnings do not.
select
    count(*) filter (where results.severity = 'error') as "errors",
    count(*) filter (where results.severity = 'warn') as "warnings"
from audit.dq_results as results
join audit.pipeline_runs as runs on runs.run_id = results.run_id
where
    not results.passed
    and $__timeFilter(results.evaluated_at)
    and runs.job = any(array[${job:sqlstring}]::text[])
