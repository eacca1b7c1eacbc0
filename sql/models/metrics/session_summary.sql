{{ config(meta={"partitioned": true, "date_column": "session_date"}) }}

{%- set cell = ["session_date", "channel", "device"] | join(", ") %}
{%- set grain = cell ~ ", currency" %}

with

sessions as (
    select *, coalesce(device, 'unknown') as known_device
    from {{ ref("fct_sessions") }}
    where {{ written("session_date") }}
),

visits as (
    select
        session_date,
        channel,
        known_device as device,
        sum(case when is_bot then 0 else 1 end) as sessions,
        sum(case when is_bot then 1 else 0 end) as bot_sessions,
        sum(case when is_converted and not is_bot then 1 else 0 end) as converted_sessions,
        sum(case when is_bounce and not is_bot then 1 else 0 end) as bounces,
        sum(case when is_bot then 0 else event_count end) as events,
        sum(case when is_bot then 0 else page_view_count end) as page_views,
        sum(case when is_bot then 0 else purchase_count end) as purchases,
        sum(
            case when is_bot then 0 else {{ epoch_micros("ended_at") }} - {{ epoch_micros("started_at") }} end
        ) as session_micros
    from sessions
    group by session_date, channel, known_device
),

-- A session can have purchases in several currencies: one row per currency.
purchases as (
    select session_key, coalesce(currency, {{ setting_default_currency() }}) as currency, revenue
    from {{ ref("fct_events") }}
    where
        event_type = 'purchase'
        and revenue is not null
        and {{ written("session_date") }}
        and {{ written("event_date", after=session_reach_days()) }}
),

revenues as (
    select
        sessions.session_date,
        sessions.channel,
        sessions.known_device as device,
        purchases.currency,
        sum(purchases.revenue) as revenue
    from purchases
    inner join sessions on sessions.session_key = purchases.session_key
    where not sessions.is_bot
    group by sessions.session_date, sessions.channel, sessions.known_device, purchases.currency
),

carriers as (
    select * from {{ carriers("revenues", cell) }} as carriers
),

amounts as (
    select
        visits.session_date,
        visits.channel,
        visits.device,
        coalesce(revenues.currency, {{ setting_default_currency() }}) as currency,
        coalesce(revenues.revenue, 0) as revenue,
        {{ ratio("coalesce(revenues.revenue, 0)", "visits.sessions") }} as revenue_per_session,
        case when revenues.currency <> carriers.currency then 0 else 1 end as carries,
        visits.sessions,
        visits.bot_sessions,
        visits.converted_sessions,
        visits.bounces,
        visits.events,
        visits.page_views,
        visits.purchases,
        visits.session_micros
    from visits
    left join carriers
        on
            carriers.session_date = visits.session_date
            and carriers.channel = visits.channel
            and carriers.device = visits.device
    left join revenues
        on
            revenues.session_date = visits.session_date
            and revenues.channel = visits.channel
            and revenues.device = visits.device
),

final as (
    select
        {{ grain }},

        cast(carries * sessions as bigint) as sessions,
        cast(carries * bot_sessions as bigint) as bot_sessions,
        cast(carries * converted_sessions as bigint) as converted_sessions,
        {{ ratio("converted_sessions", "carries * sessions") }} as conversion_rate,
        cast(carries * bounces as bigint) as bounces,
        {{ ratio("bounces", "carries * sessions") }} as bounce_rate,
        cast(carries * events as bigint) as events,
        cast(carries * page_views as bigint) as page_views,
        {{ ratio("session_micros", "1000000 * carries * sessions") }} as mean_session_seconds,
        cast(carries * purchases as bigint) as purchases,
        cast(revenue as {{ type_money() }}) as revenue,
        revenue_per_session
    from amounts
)

select * from final
