{{ config(meta={"partitioned": true, "date_column": "session_date"}) }}

with

-- A session belongs to the day it starts on, and can have events on the days after it.
events as (
    select
        *,
        case when event_type = 'purchase' then revenue end as purchase_revenue,
        case
            when event_type = 'purchase' and revenue is not null
                then coalesce(currency, {{ setting_default_currency() }})
        end as purchase_currency
    from {{ ref("fct_events") }}
    where
        {{ written("session_date") }}
        and {{ written("event_date", after=session_reach_days()) }}
),

sessions as (
    select
        session_key,
        user_key,
        user_id,
        session_date,
        max(session_id) as session_id,

        min(event_at) as started_at,
        max(event_at) as ended_at,

        {{ earliest("page_url", "event_at", "event_key") }} as landing_page,
        {{ latest("page_url", "event_at", "event_key") }} as exit_page,
        {{ earliest("channel", "event_at", "event_key") }} as channel,
        {{ earliest("device", "event_at", "event_key") }} as device,
        {{ earliest("country", "event_at", "event_key") }} as country,

        count(*) as event_count,
        cast(sum(case when event_type = 'page_view' then 1 else 0 end) as bigint) as page_view_count,
        cast(sum(case when event_type = 'purchase' then 1 else 0 end) as bigint) as purchase_count,
        count(distinct case when event_type = 'product_view' then product_id end) as viewed_product_count,
        sum(purchase_revenue) as purchase_revenue,
        min(purchase_currency) as first_currency,
        max(purchase_currency) as last_currency,
        is_bot
    from events
    group by session_key, user_key, user_id, session_date, is_bot
),

final as (
    select
        session_key,
        user_key,
        user_id,
        session_id,

        session_date,
        started_at,
        ended_at,

        landing_page,
        exit_page,
        channel,
        device,
        country,

        -- Amounts of different currencies are never added: in a session with several currencies, revenue is null.
        case when first_currency = last_currency then first_currency end as currency,
        case when first_currency = last_currency then cast(purchase_revenue as {{ type_money() }}) end as revenue,

        {{ seconds_between("started_at", "ended_at") }} as duration_seconds,
        event_count,
        page_view_count,
        purchase_count,
        viewed_product_count,

        page_view_count = 1 as is_bounce,
        purchase_count > 0 as is_converted,
        is_bot
    from sessions
)

select * from final
