-- Run durations, 95th percentile
-- The time within which 95 % of a job's runs of a day ended (audit.pipeline_runs). A line that climbs means growing
-- work or a slower machine.
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
