{{ config(
    materialized="incremental",
    incremental_strategy="replace",
    replaces="replaces_rebuilt_dates",
    meta={"partitioned": true, "date_column": "event_date"},
) }}

with

events as (
    select * from {{ staged_rows("events") }} as staged
),

labelled as (
    select
        *,
        {{ bot_reason("user_agent") }} as bot_reason,
        {{ traffic_source("utm_source", "utm_medium", "referrer", "page_url") }} as traffic_source,
        {{ traffic_medium("utm_source", "utm_medium", "referrer", "page_url") }} as traffic_medium
    from events
),

categorised as (
    select
        labelled.*,
        channel_sources.category as source_category
    from labelled
    left join {{ ref("channel_sources") }} as channel_sources
        on channel_sources.traffic_source = labelled.traffic_source
),

final as (
    select
        {{ record_key("events") }} as event_key,
        event_id,
        user_id,
        {{ surrogate_key(["user_id"]) }} as user_key,
        session_id,
        product_id,
        order_id,

        event_at,
        event_date,

        event_type,
        quantity,
        revenue,
        currency,
        page_url,
        referrer,
        coalesce(device, {{ device_of("user_agent") }}) as device,
        coalesce(browser, {{ browser_of("user_agent") }}) as browser,
        coalesce(os, {{ os_of("user_agent") }}) as os,
        user_agent,
        country,
        coalesce(
            channel, {{ default_channel("traffic_source", "traffic_medium", "utm_campaign", "source_category") }}
        ) as channel,
        utm_source,
        utm_medium,
        utm_campaign,

        bot_reason is not null as is_bot,
        bot_reason,
        event_date < landing_date as is_late,
        properties,

        landing_date as _landing_date,
        _source_file,
        _file_sha256,
        _row_number
    from categorised
)

select * from final
