{{ config(
    replaces="replaces_rebuilt_periods",
    meta={"partitioned": true, "date_column": "period_start_date"},
) }}

with

active_days as (
    {% for period in ("week", "month") -%}
    select
        '{{ period }}' as period,
        user_key,
        {{ period_start("event_date", period) }} as period_start_date,
        event_count
    from {{ ref("int_user_days") }}
    where event_count > 0 and {{ beside_rebuilt("event_date", period, this if is_incremental()) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

final as (
    select
        period,
        user_key,

        period_start_date,

        count(*) as active_days,
        cast(sum(event_count) as bigint) as event_count
    from active_days
    group by period, user_key, period_start_date
)

select * from final
