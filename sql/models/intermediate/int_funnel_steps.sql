{{ config(replaces="replaces_all_rows") }}

with

from_file as (
    select funnel, step, event_type, window_seconds from {{ source("audit", "funnels_file") }}
),

chosen as (
    select funnel, step, event_type, window_seconds from from_file
    union all
    select funnel, step, event_type, window_seconds from {{ ref("funnels") }}
    where not exists (select 1 from from_file)
),

steps as (
    select
        funnel,
        step,
        {{ listagg("event_type", "', '", "order by event_type") }} as event_types
    from chosen
    group by funnel, step
),

numbered as (
    select
        *,
        dense_rank() over (partition by funnel order by event_type) as type_number
    from chosen
),

final as (
    select
        numbered.funnel,
        numbered.step,
        numbered.event_type,

        steps.event_types,

        numbered.window_seconds,
        max(numbered.step) over (partition by numbered.funnel) as step_count,
        cast(numbered.type_number as integer) as type_number,
        cast(max(numbered.type_number) over (partition by numbered.funnel) as integer) as type_count
    from numbered
    inner join steps on steps.funnel = numbered.funnel and steps.step = numbered.step
)

select * from final
