-- Failed runs
-- Failed runs of the chosen jobs in this range (audit.pipeline_runs). Each failed retry counts as a run.
select count(*) as "failed runs"
from audit.pipeline_runs
where
    state = 'failure'
    and $__timeFilter(ended_at)
    and job = any(array[${job:sqlstring}]::text[])
