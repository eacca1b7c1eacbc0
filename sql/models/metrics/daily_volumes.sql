{{ config(meta={"partitioned": true, "date_column": "metric_date"}) }}

with

landed as (
    select
        landing_date as metric_date,
        sum(rows_landed) as rows_landed,
        sum(rows_accepted) as rows_accepted,
        sum(rows_quarantined) as rows_quarantined,
        sum(rows_late) as rows_late,
        count(*) as files_landed
    from {{ source("audit", "landed_files") }}
    where {{ written("landing_date") }}
    group by landing_date
),

duplicates as (
    select event_date as metric_date, count(*) as rows_duplicate
    from {{ ref("stg_duplicates") }}
    where {{ written("event_date") }}
    group by event_date
),

staged as (
    select metric_date, count(*) as rows_staged
    from (
        {% for source_name in source_facts() -%}
        {%- set model, key, day = staged(source_name) -%}
        select {{ day }} as metric_date from {{ ref(model) }} where {{ written(day) }}
        {{ "union all" if not loop.last }}
        {% endfor %}
    ) as staged_rows
    group by metric_date
),

events as (
    select
        event_date as metric_date,
        sum(event_count) as events,
        sum(bot_event_count) as bot_events,
        sum(case when event_count > 0 then 1 else 0 end) as users
    from {{ ref("int_user_days") }}
    where {{ written("event_date") }}
    group by event_date
),

sessions as (
    select session_date as metric_date, count(*) as sessions
    from {{ ref("fct_sessions") }}
    where not is_bot and {{ written("session_date") }}
    group by session_date
),

orders as (
    select order_date as metric_date, count(*) as orders
    from {{ ref("fct_orders") }}
    where is_sale and {{ written("order_date") }}
    group by order_date
),

-- Only the default currency; daily_revenue has all currencies.
revenue as (
    select revenue_date as metric_date, sum(net_revenue) as revenue
    from {{ ref("daily_revenue") }}
    where currency = '{{ env_var("USER_ACTIVITY_DEFAULT_CURRENCY", "USD") }}' and {{ written("revenue_date") }}
    group by revenue_date
),

final as (
    select
        dates.date_day as metric_date,

        cast(coalesce(landed.files_landed, 0) as bigint) as files_landed,
        cast(coalesce(landed.rows_landed, 0) as bigint) as rows_landed,
        cast(coalesce(landed.rows_accepted, 0) as bigint) as rows_accepted,
        cast(coalesce(landed.rows_quarantined, 0) as bigint) as rows_quarantined,
        cast(coalesce(landed.rows_late, 0) as bigint) as rows_late,
        cast(coalesce(duplicates.rows_duplicate, 0) as bigint) as rows_duplicate,
        cast(coalesce(staged.rows_staged, 0) as bigint) as rows_staged,
        cast(coalesce(events.events, 0) as bigint) as events,
        cast(coalesce(events.bot_events, 0) as bigint) as bot_events,
        cast(coalesce(events.users, 0) as bigint) as users,
        cast(coalesce(sessions.sessions, 0) as bigint) as sessions,
        cast(coalesce(orders.orders, 0) as bigint) as orders,
        cast(coalesce(revenue.revenue, 0) as {{ type_money() }}) as revenue,
        {{ ratio("landed.rows_accepted", "landed.rows_landed") }} as acceptance_rate,
        {{ ratio("coalesce(staged.rows_staged, 0)", "coalesce(staged.rows_staged, 0) + coalesce(duplicates.rows_duplicate, 0)") }} as unique_rate
    from {{ ref("dim_dates") }} as dates
    left join landed on landed.metric_date = dates.date_day
    left join duplicates on duplicates.metric_date = dates.date_day
    left join staged on staged.metric_date = dates.date_day
    left join events on events.metric_date = dates.date_day
    left join sessions on sessions.metric_date = dates.date_day
    left join orders on orders.metric_date = dates.date_day
    left join revenue on revenue.metric_date = dates.date_day
    where
        {{ written("dates.date_day") }}
        and coalesce(landed.files_landed, staged.rows_staged, duplicates.rows_duplicate, revenue.revenue) is not null
)

select * from final
