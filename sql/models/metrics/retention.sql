{{ config(
    replaces="replaces_all_rows",
    meta={"partitioned": true, "date_column": "cohort_start_date"},
) }}

with

periods as (
    {{ event_periods() }}
),

-- Users of a cohort by their last active period. Summed from the latest period backwards, they give the users who are
-- active at an age or later.
lasting as (
    {% for period in ("day", "week", "month") -%}
    select
        '{{ period }}' as period,
        members.period_start_date as cohort_start_date,
        {{ period_start("lifespans.last_active_date", period) }} as last_start_date,
        count(*) as users
    from {{ active_periods(period) }} as members
    inner join {{ ref("int_user_lifespans") }} as lifespans on lifespans.user_key = members.user_key
    group by members.period_start_date, {{ period_start("lifespans.last_active_date", period) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

grid as (
    select
        cohorts.period,
        cohorts.period_start_date as cohort_start_date,
        activity.period_start_date as activity_start_date,
        cast(activity.period_number - cohorts.period_number as integer) as age,
        cohorts.is_over as is_cohort_over,
        activity.is_over as is_activity_over
    from periods as cohorts
    inner join periods as activity
        on activity.period = cohorts.period and activity.period_number >= cohorts.period_number
),

counted as (
    select
        grid.*,
        coalesce(pairs.first_time_users, 0) as first_time_users,
        coalesce(pairs.users, 0) as recurring_users,
        sum(coalesce(lasting.users, 0)) over (
            partition by grid.period, grid.cohort_start_date
            order by grid.activity_start_date desc rows unbounded preceding
        ) as rolling_users
    from grid
    left join {{ ref("int_cohort_activity") }} as pairs
        on
            pairs.period = grid.period
            and pairs.cohort_start_date = grid.cohort_start_date
            and pairs.activity_start_date = grid.activity_start_date
    left join lasting
        on
            lasting.period = grid.period
            and lasting.cohort_start_date = grid.cohort_start_date
            and lasting.last_start_date = grid.activity_start_date
),

by_type as (
    {% for cohort_type, size in [
        ("first_time", "first_time_users"), ("recurring", "users"), ("rolling", "users"),
    ] -%}
    select
        counted.period,
        '{{ cohort_type }}' as cohort_type,
        counted.cohort_start_date,
        counted.activity_start_date,
        counted.age,
        case when counted.is_cohort_over then coalesce(cohorts.{{ size }}, 0) end as cohort_users,
        case when counted.is_activity_over then counted.{{ cohort_type }}_users end as retained_users
    from counted
    left join {{ ref("int_cohort_activity") }} as cohorts
        on
            cohorts.period = counted.period
            and cohorts.cohort_start_date = counted.cohort_start_date
            and cohorts.activity_start_date = counted.cohort_start_date
    {{ "union all" if not loop.last }}
    {% endfor %}
),

final as (
    select
        period,
        cohort_type,

        cohort_start_date,
        activity_start_date,

        age,
        cohort_users,
        cast(retained_users as bigint) as retained_users,
        {{ ratio("retained_users", "cohort_users") }} as retention_rate
    from by_type
)

select * from final
