{{ config(
    replaces="replaces_all_rows",
    meta={"partitioned": true, "date_column": "period_start_date"},
) }}

with

periods as (
    {{ event_periods() }}
),

-- int_cohort_activity counts the users of each pair of periods: a period with itself, and with the one after it.
active as (
    select
        period,
        activity_start_date as period_start_date,
        users as active_users,
        first_time_users as new_users
    from {{ ref("int_cohort_activity") }}
    where cohort_start_date = activity_start_date
),

counted as (
    select
        periods.period,
        periods.period_start_date,
        periods.is_over,
        lag(periods.period_start_date) over by_period as previous_start_date,
        coalesce(active.active_users, 0) as active_users,
        coalesce(active.new_users, 0) as new_users,
        coalesce(lag(active.active_users) over by_period, 0) as previous_users
    from periods
    left join active on active.period = periods.period and active.period_start_date = periods.period_start_date
    window by_period as (partition by periods.period order by periods.period_start_date)
),

compared as (
    select
        counted.*,
        coalesce(pairs.users, 0) as returning_users
    from counted
    left join {{ ref("int_cohort_activity") }} as pairs
        on
            pairs.period = counted.period
            and pairs.cohort_start_date = counted.previous_start_date
            and pairs.activity_start_date = counted.period_start_date
),

final as (
    select
        period,

        period_start_date,

        case when is_over then active_users end as active_users,
        case when is_over then new_users end as new_users,
        case when is_over then returning_users end as returning_users,
        case when is_over then active_users - new_users - returning_users end as resurrected_users,
        case when is_over then previous_users - returning_users end as dormant_users
    from compared
)

select * from final
