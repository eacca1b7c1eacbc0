-- Run durations, 95th percentile
-- The 95th percentile of the durations of a job's runs per day (audit.pipeline_runs). A rising line means more work or
-- a slower machine.
select
    date_trunc('day', started_at) as "time",
    job as metric,
    percentile_cont(0.95) within group (order by seconds) as seconds
from audit.pipeline_runs
where
    seconds is not null
    and $__timeFilter(started_at)
    and job = any(array[${job:sqlstring}]::text[])
group by 1, 2
order by 1, 2
