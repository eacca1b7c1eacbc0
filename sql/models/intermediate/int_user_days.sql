{{ config(meta={"partitioned": true, "date_column": "event_date"}) }}

with

events as (
    select * from {{ ref("int_event_sessions") }}
    where {{ rebuilt("event_date") }}
),

final as (
    select
        user_key,
        user_id,

        event_date,
        min(event_at) as first_event_at,
        max(event_at) as last_event_at,

        cast(sum(case when is_bot then 0 else 1 end) as bigint) as event_count,
        cast(sum(case when is_bot then 1 else 0 end) as bigint) as bot_event_count,
        count(distinct case when not is_bot then session_key end) as session_count,
        cast(sum(case when not is_bot and event_type = 'purchase' then 1 else 0 end) as bigint) as purchase_count,

        -- Amounts of different currencies are never added: on a day with several currencies, revenue is null.
        case
            when count(distinct case when not is_bot and revenue is not null then coalesce(currency, '') end) <= 1
                then sum(case when is_bot then null else revenue end)
        end as revenue,
        case
            when count(distinct case when not is_bot and revenue is not null then coalesce(currency, '') end) <= 1
                then max(case when not is_bot and revenue is not null then currency end)
        end as currency,

        {{ latest("case when not is_bot then device end", "event_at", "event_key") }} as device,
        {{ latest("case when not is_bot then country end", "event_at", "event_key") }} as country
    from events
    group by user_key, user_id, event_date
)

select * from final
