{{ config(
    replaces="replaces_cohort_activity",
    meta={"partitioned": true, "date_column": "activity_start_date"},
) }}

{%- set cohort_days = cohort_ranges() -%}
{%- set sides = [("rebuilt_cohorts", "active_periods"), ("other_cohorts", "rebuilt_activity")]
    if is_incremental() else [("cohort_members", "active_periods")] %}

with

active_periods as (
    select 'day' as period, user_key, event_date as period_start_date
    from {{ ref("int_user_days") }}
    where event_count > 0
    union all
    select period, user_key, period_start_date from {{ ref("int_user_periods") }}
),

cohort_members as (
    select
        active_periods.period,
        active_periods.user_key,
        active_periods.period_start_date,
        {{ period_start_by("active_periods.period", "lifespans.first_active_date") }} as first_start_date
    from active_periods
    inner join {{ ref("int_user_lifespans") }} as lifespans on lifespans.user_key = active_periods.user_key
),

{% if is_incremental() -%}
-- Either side of a pair is narrowed to what this run rebuilds before it meets all periods of the same users: a day
-- costs what its own users have done.
rebuilt_cohorts as (
    select * from cohort_members where {{ any_holds_rebuilt("period_start_date", cohort_days) }}
),

other_cohorts as (
    select * from cohort_members where not {{ any_holds_rebuilt("period_start_date", cohort_days) }}
),

rebuilt_activity as (
    select * from active_periods where {{ any_holds_rebuilt("period_start_date") }}
),
{%- endif %}

pairs as (
    {% for cohorts, activity in sides -%}
    select
        cohorts.period,
        cohorts.period_start_date as cohort_start_date,
        activity.period_start_date as activity_start_date,
        cohorts.first_start_date
    from {{ cohorts }} as cohorts
    inner join {{ activity }} as activity
        on
            activity.period = cohorts.period
            and activity.user_key = cohorts.user_key
            and activity.period_start_date >= cohorts.period_start_date
    {{ "union all" if not loop.last }}
    {% endfor %}
),

final as (
    select
        period,

        cohort_start_date,
        activity_start_date,

        count(*) as users,
        cast(sum(case when first_start_date = cohort_start_date then 1 else 0 end) as bigint) as first_time_users
    from pairs
    group by period, cohort_start_date, activity_start_date
)

select * from final
