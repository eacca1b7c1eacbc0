{{ config(
    replaces="replaces_cohort_activity",
    meta={"partitioned": true, "date_column": "activity_start_date"},
) }}

{%- set cohort_days = cohort_ranges() %}

with

-- Two queries, joined by union all: pairs with a rebuilt cohort, then the other pairs with rebuilt activity. Each query
-- filters one side of its join to the rebuilt periods, so its cost depends only on the users of these periods.
{% for period in ("day", "week", "month") -%}
{%- set is_cohort_rebuilt = holds_rebuilt("members.period_start_date", period, cohort_days) -%}
{%- set is_activity_rebuilt = holds_rebuilt("activity.period_start_date", period) -%}
{%- set sides = [is_cohort_rebuilt, "not " ~ is_cohort_rebuilt ~ " and " ~ is_activity_rebuilt] -%}
{{ period }}_pairs as (
    {% for side in (sides if is_incremental() else ["1 = 1"]) -%}
    select
        '{{ period }}' as period,
        members.period_start_date as cohort_start_date,
        activity.period_start_date as activity_start_date,
        count(*) as users,
        sum(members.is_first) as first_time_users
    from (
        select
            active.user_key,
            active.period_start_date,
            case
                when {{ period_start("lifespans.first_active_date", period) }} = active.period_start_date then 1 else 0
            end as is_first
        from {{ active_periods(period) }} as active
        inner join {{ ref("int_user_lifespans") }} as lifespans on lifespans.user_key = active.user_key
    ) as members
    inner join {{ active_periods(period) }} as activity
        on
            activity.user_key = members.user_key
            and activity.period_start_date >= members.period_start_date
    where {{ side }}
    group by members.period_start_date, activity.period_start_date
    {{ "union all" if not loop.last }}
    {% endfor %}
),

{% endfor -%}
final as (
    {% for period in ("day", "week", "month") -%}
    select
        period,

        cohort_start_date,
        activity_start_date,

        users,
        cast(first_time_users as bigint) as first_time_users
    from {{ period }}_pairs
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
