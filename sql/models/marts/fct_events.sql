{{ config(meta={"partitioned": true, "date_column": "event_date"}) }}

with

events as (
    select * from {{ ref("stg_events") }}
    where {{ rebuilt("event_date") }}
),

sessions as (
    select event_key, session_key, session_started_at
    from {{ ref("int_event_sessions") }}
    where {{ rebuilt("event_date") }}
),

profiles as (
    select
        user_version_key,
        user_key,
        updated_at as valid_from,
        lead(updated_at) over (partition by user_key order by updated_at) as valid_to
    from {{ ref("stg_users") }}
),

final as (
    select
        events.event_key,
        events.event_id,
        events.user_id,
        events.user_key,
        coalesce(profiles.user_version_key, {{ profileless_user_version_key("events.user_id") }}) as user_version_key,
        sessions.session_key,
        {{ surrogate_key(["events.event_type"]) }} as event_type_key,
        case when events.product_id is not null then {{ surrogate_key(["events.product_id"]) }} end as product_key,
        events.session_id,
        events.product_id,
        events.order_id,

        events.event_at,
        events.event_date,
        {{ reporting_date("sessions.session_started_at") }} as session_date,

        events.event_type,
        events.page_url,
        events.referrer,
        events.device,
        events.browser,
        events.os,
        events.country,
        events.channel,
        events.currency,
        events.bot_reason,
        events.properties,

        events.quantity,
        events.revenue,

        events.is_bot,
        events.is_late
    from events
    inner join sessions on sessions.event_key = events.event_key
    left join profiles
        on
            profiles.user_key = events.user_key
            and events.event_at >= profiles.valid_from
            and events.event_at < coalesce(profiles.valid_to, cast('9999-12-31 00:00:00' as timestamp))
)

select * from final
