{{ config(meta={"partitioned": true, "date_column": "event_date"}) }}

with

events as (
    select * from {{ staged_rows("events") }} as staged
),

-- User agents and traffic sources are parsed once per distinct value, not once per event.
user_agents as (
    select
        user_agent,
        {{ bot_reason("user_agent") }} as bot_reason,
        {{ device_of("user_agent") }} as device,
        {{ browser_of("user_agent") }} as browser,
        {{ os_of("user_agent") }} as os
    from (select distinct user_agent from events where user_agent is not null) as occurring
),

-- What the page's URL says of its campaign is used where the record itself says nothing.
tagged as (
    select
        *,
        {{ url_parameter("page_url", "utm_source") }} as url_source,
        {{ url_parameter("page_url", "utm_medium") }} as url_medium,
        {{ url_parameter("page_url", "utm_campaign") }} as url_campaign,
        {{ click_source("page_url") }} as click_source
    from events
),

visits as (
    select
        *,
        coalesce(utm_source, {{ url_decoded("url_source") }}) as campaign_source,
        coalesce(utm_medium, {{ url_decoded("url_medium") }}) as campaign_medium,
        coalesce(utm_campaign, {{ url_decoded("url_campaign") }}) as campaign,
        case when referrer is not null then coalesce({{ url_host("page_url") }}, '') end as page_host
    from tagged
),

{%- set facts = ["campaign_source", "campaign_medium", "campaign", "click_source", "referrer", "page_host"] %}

traffic as (
    select
        {{ facts | join(", ") }},
        {{ traffic_source() }} as traffic_source,
        {{ traffic_medium() }} as traffic_medium
    from (select distinct {{ facts | join(", ") }} from visits) as occurring
),

channels as (
    select
        traffic.*,
        {{ default_channel(
            "traffic.traffic_source", "traffic.traffic_medium", "traffic.campaign",
            traffic_category("sources.category", "traffic.traffic_medium", "networks.category"),
        ) }} as channel
    from traffic
    left join {{ source_categories("traffic") }} as sources on sources.traffic_source = traffic.traffic_source
    left join {{ ref("channel_sources") }} as networks on networks.traffic_source = traffic.click_source
),

final as (
    select
        {{ record_key("events") }} as event_key,
        visits.event_id,
        visits.user_id,
        {{ surrogate_key(["visits.user_id"]) }} as user_key,
        visits.session_id,
        visits.product_id,
        visits.order_id,

        visits.event_at,
        visits.event_date,

        visits.event_type,
        visits.quantity,
        visits.revenue,
        visits.currency,
        visits.page_url,
        visits.referrer,
        coalesce(visits.device, user_agents.device) as device,
        coalesce(visits.browser, user_agents.browser) as browser,
        coalesce(visits.os, user_agents.os) as os,
        visits.user_agent,
        visits.country,
        coalesce(visits.channel, channels.channel) as channel,
        visits.campaign_source as utm_source,
        visits.campaign_medium as utm_medium,
        visits.campaign as utm_campaign,

        user_agents.bot_reason is not null as is_bot,
        user_agents.bot_reason,
        cast(visits.event_at as date) < visits.landing_date as is_late,
        visits.properties,

        visits.landing_date as _landing_date,
        visits._source_file,
        visits._file_sha256,
        visits._row_number
    from visits
    left join user_agents on user_agents.user_agent = visits.user_agent
    left join channels on {{ are_same_texts("channels", "visits", facts) }}
)

select * from final
