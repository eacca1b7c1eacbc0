{{ config(materialized="view") }}

with

counts as (
    select
        run_id,
        relation,
        partition_date,
        counted_at,
        row_count,
        lag(row_count) over (partition by relation, partition_date order by counted_at, run_id) as previous_row_count
    from {{ source("audit", "row_counts") }}
)

select
    run_id,
    relation,
    partition_date,
    counted_at,
    row_count,
    previous_row_count,
    row_count - previous_row_count as row_delta
from counts
