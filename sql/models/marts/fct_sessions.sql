{{ config(
    replaces="replaces_rebuilt_session_dates",
    meta={"partitioned": true, "date_column": "session_date"},
) }}

with

-- A session is of the day it starts on; at most 24 hours long, it can end on the next.
events as (
    select * from {{ ref("fct_events") }}
    where
        {{ rebuilt("session_date", before=1) }}
        and {{ rebuilt("event_date", before=1, after=1) }}
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
        min(case when is_bot then 1 else 0 end) as bot_flag
    from events
    group by session_key, user_key, user_id, session_date
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

        {{ seconds_between("started_at", "ended_at") }} as duration_seconds,
        event_count,
        page_view_count,
        purchase_count,

        page_view_count = 1 as is_bounce,
        purchase_count > 0 as is_converted,
        bot_flag = 1 as is_bot
    from sessions
)

select * from final
