-- Rows added and taken away
-- Rows added or removed by each day's runs, by layer (audit.row_deltas). The first build of a partition adds all its
-- rows; below zero means that rows were removed. The audit tables themselves are excluded.
select
    date_trunc('day', deltas.counted_at) as "time",
    split_part(deltas.relation, '.', 1) as metric,
    sum(coalesce(deltas.row_delta, deltas.row_count)) as "rows"
from audit.row_deltas as deltas
join audit.pipeline_runs as runs on runs.run_id = deltas.run_id
where
    $__timeFilter(deltas.counted_at)
    and deltas.relation not like 'audit.%'
    and runs.job = any(array[${job:sqlstring}]::text[])
group by 1, 2
order by 1, 2
