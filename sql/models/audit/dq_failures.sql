{{ config(materialized="view") }}

select
    run_id,
    relation,
    check_name,
    partition_date,
    severity,
    failing_rows,
    observed,
    expected,
    failing_examples,
    evaluated_at
from {{ source("audit", "dq_results") }}
where not passed
