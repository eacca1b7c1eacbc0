-- Checks passed, warned and failed
-- Evaluations of checks per day, by outcome (audit.dq_results). Failed checks block downstream tables, warnings do not.
select
    date_trunc('day', results.evaluated_at) as "time",
    count(*) filter (where results.passed) as passed,
    count(*) filter (where not results.passed and results.severity = 'warn') as warned,
    count(*) filter (where not results.passed and results.severity = 'error') as failed
from audit.dq_results as results
join audit.pipeline_runs as runs on runs.run_id = results.run_id
where
    $__timeFilter(results.evaluated_at)
    and runs.job = any(array[${job:sqlstring}]::text[])
group by 1
order by 1
