-- Failed runs
-- Runs of the chosen jobs that ended in failure in this range (audit.pipeline_runs). A run that was tried again counts
-- each time that it failed.
select count(*) as "failed runs"
from audit.pipeline_runs
where
    state = 'failure'
    and $__timeFilter(ended_at)
    and job = any(array[${job:sqlstring}]::text[])
