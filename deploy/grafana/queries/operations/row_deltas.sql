-- Row deltas from run to run
-- The last 300 changes of a table's row count from one run to the next, over the days that the run built
-- (audit.row_deltas). The audit tables themselves are excluded. "run" opens the run in Dagster.
select
    max(deltas.counted_at) as "counted",
    runs.job as "job",
    deltas.relation as "table",
    count(*) as "partitions",
    count(*) - count(deltas.previous_row_count) as "first built",
    coalesce(sum(deltas.previous_row_count), 0) as "rows before",
    sum(deltas.row_count) as "rows after",
    sum(coalesce(deltas.row_delta, deltas.row_count)) as "delta",
    deltas.run_id as "run"
from audit.row_deltas as deltas
join audit.pipeline_runs as runs on runs.run_id = deltas.run_id
where
    $__timeFilter(deltas.counted_at)
    and deltas.relation not like 'audit.%'
    and runs.job = any(array[${job:sqlstring}]::text[])
group by deltas.run_id, runs.job, deltas.relation
having sum(coalesce(deltas.row_delta, deltas.row_count)) <> 0
order by 1 desc, 3
limit 300
