-- Last success by job
-- When each job last succeeded, and the state of its latest run, whatever the range (audit.pipeline_runs). A job
-- that runs only when files land can have an old success.
select
    job as "job",
    max(ended_at) filter (where state = 'success') as "last success",
    extract(epoch from now() at time zone 'utc' - max(ended_at) filter (where state = 'success')) / 3600
        as "hours since",
    (array_agg(state order by coalesce(started_at, ended_at) desc nulls last))[1] as "latest run",
    count(*) filter (where state = 'failure' and $__timeFilter(ended_at)) as "failures in range"
from audit.pipeline_runs
where job = any(array[${job:sqlstring}]::text[])
group by job
order by job
