{{ config(
    replaces="replaces_rebuilt_weeks",
    meta={"partitioned": true, "date_column": "week_start_date"},
) }}

{%- set week_starts = rebuilt_week_starts(this if is_incremental()) -%}
{%- set last_date = "cast('" ~ event_bounds()[1] ~ "' as date)" %}

with

user_days as (
    select
        user_key,
        user_id,
        event_date,
        {{ week_start("event_date") }} as week_start_date,
        event_count
    from {{ ref("int_user_days") }}
    where event_count > 0 and {{ in_ranges("event_date", week_starts, after=6) }}
),

weeks as (
    select
        user_key,
        user_id,
        week_start_date,
        {{ period_end("week_start_date", "week") }} <= {{ last_date }} as is_over,
        {% for number in range(7) -%}
        sum(
            case when event_date = {{ add_days("week_start_date", number) }} then event_count else 0 end
        ) as events_{{ number }},
        {% endfor -%}
        count(*) as active_days,
        sum(event_count) as events
    from user_days
    where {{ in_ranges("week_start_date", week_starts) }}
    group by user_key, user_id, week_start_date
),

final as (
    select
        user_key,
        user_id,

        week_start_date,

        {%- set days = [] -%}
        {%- for number in range(7) -%}
            {%- do days.append(
                "case when " ~ add_days("week_start_date", number) ~ " <= " ~ last_date ~ " then events_" ~ number ~ " end"
            ) -%}
        {%- endfor %}
        {{ integer_array(days) }} as daily_events,
        case when is_over then active_days end as active_days,
        cast(case when is_over then events end as bigint) as events
    from weeks
)

select * from final
