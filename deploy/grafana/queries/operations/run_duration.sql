-- Run durations
-- The duration of each run, from its first step to its end, by job (audit.pipeline_runs). One point per run, at its
-- start.
select
    started_at as "time",
    job as metric,
    seconds
from audit.pipeline_runs
where
    seconds is not null
    and $__timeFilter(started_at)
    and job = any(array[${job:sqlstring}]::text[])
order by 1, 2
