-- Runs by state
-- Runs of the chosen jobs per day, by final state (audit.pipeline_runs). Days are UTC; a run that never started counts
-- on the day it ended.
with runs as (
    select state, coalesce(started_at, ended_at) as run_at
    from audit.pipeline_runs
    where job = any(array[${job:sqlstring}]::text[])
)

select
    date_trunc('day', run_at) as "time",
    state as metric,
    count(*) as runs
from runs
where $__timeFilter(run_at)
group by 1, 2
order by 1, 2
