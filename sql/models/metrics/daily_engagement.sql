{{ config(
    replaces="replaces_engagement_dates",
    meta={"partitioned": true, "date_column": "activity_date"},
) }}

with

dates as (
    select date_day as activity_date from {{ ref("dim_dates") }}
    where {{ is_engagement_date("date_day", this if is_incremental()) }}
),

user_days as (
    select
        user_key,
        event_date,
        lead(event_date) over (partition by user_key order by event_date) as next_date
    from {{ ref("int_user_days") }}
    where event_count > 0 and {{ rebuilt_engagement_inputs("event_date", this if is_incremental()) }}
),

-- A user counts in a window from an active day until the next active day or the end of the window, whichever is first.
-- The start adds 1 and the end subtracts 1, so one running sum gives the distinct users of each window.
changes as (
    select event_date as change_date, 1 as daily, 1 as weekly, 1 as monthly from user_days
    union all
    select {{ add_days("event_date", 1) }} as change_date, -1 as daily, 0 as weekly, 0 as monthly from user_days
    union all
    select
        {{ sooner("next_date", add_days("event_date", 7)) }} as change_date,
        0 as daily,
        -1 as weekly,
        0 as monthly
    from user_days
    union all
    select
        {{ sooner("next_date", add_days("event_date", 30)) }} as change_date,
        0 as daily,
        0 as weekly,
        -1 as monthly
    from user_days
),

daily_changes as (
    select change_date, sum(daily) as daily, sum(weekly) as weekly, sum(monthly) as monthly
    from (
        select * from changes
        union all
        select activity_date as change_date, 0 as daily, 0 as weekly, 0 as monthly from dates
    ) as all_changes
    group by change_date
),

users as (
    select
        change_date as activity_date,
        sum(daily) over so_far as dau,
        sum(weekly) over so_far as wau,
        sum(monthly) over so_far as mau
    from daily_changes
    window so_far as (order by change_date rows unbounded preceding)
),

sessions as (
    select
        session_date as activity_date,
        count(*) as sessions,
        sum({{ epoch_micros("ended_at") }} - {{ epoch_micros("started_at") }}) as session_micros,
        {{ median("duration_seconds") }} as median_session_seconds,
        sum(case when is_bounce then 1 else 0 end) as bounces
    from {{ ref("fct_sessions") }}
    where not is_bot and session_date in (select activity_date from dates)
    group by session_date
),

events as (
    select
        event_date as activity_date,
        sum(event_count) as events,
        sum(bot_event_count) as bot_events,
        sum(purchase_count) as purchases
    from {{ ref("int_user_days") }}
    where event_date in (select activity_date from dates)
    group by event_date
),

final as (
    select
        dates.activity_date,

        cast(users.dau as bigint) as dau,
        cast(users.wau as bigint) as wau,
        cast(users.mau as bigint) as mau,
        {{ ratio("users.dau", "users.mau") }} as stickiness,
        cast(coalesce(events.events, 0) as bigint) as events,
        cast(coalesce(sessions.sessions, 0) as bigint) as sessions,
        {{ ratio("sessions.sessions", "users.dau") }} as sessions_per_user,
        {{ ratio("sessions.session_micros", "1000000 * sessions.sessions") }} as mean_session_seconds,
        cast(sessions.median_session_seconds as {{ type_double() }}) as median_session_seconds,
        {{ ratio("sessions.bounces", "sessions.sessions") }} as bounce_rate,
        cast(coalesce(events.purchases, 0) as bigint) as purchases,
        cast(coalesce(events.bot_events, 0) as bigint) as bot_events
    from dates
    inner join users on users.activity_date = dates.activity_date
    left join sessions on sessions.activity_date = dates.activity_date
    left join events on events.activity_date = dates.activity_date
)

select * from final
