{{ config(meta={"partitioned": true, "date_column": "session_date"}) }}

with

events as (
    select
        session_key,
        event_type,
        event_at,
        min(case when {{ is_view("event_type") }} then event_at end) over (partition by session_key) as viewed_at
    from {{ ref("fct_events") }}
    where
        not is_bot
        and {{ written("session_date") }}
        and {{ written("event_date", after=session_reach_days()) }}
),

times as (
    select
        session_key,
        viewed_at,
        min(case when event_type = 'add_to_cart' then event_at end) as carted_at,
        min(case when event_type = 'checkout' then event_at end) as checked_out_at,
        min(case when event_type = 'purchase' then event_at end) as purchased_at
    from events
    where event_at >= viewed_at
    group by session_key, viewed_at
),

final as (
    select
        sessions.session_key,
        sessions.user_key,
        sessions.user_id,

        sessions.session_date,
        times.viewed_at,
        times.carted_at,
        times.checked_out_at,
        times.purchased_at,

        sessions.channel,
        sessions.device,
        sessions.country,
        case
            when times.purchased_at is not null then 'purchase'
            when times.checked_out_at is not null then 'checkout'
            when times.carted_at is not null then 'cart'
            else 'view'
        end as furthest_step,

        {{ seconds_between("times.viewed_at", "times.carted_at") }} as seconds_to_cart,
        {{ seconds_between("times.viewed_at", "times.checked_out_at") }} as seconds_to_checkout,
        {{ seconds_between("times.viewed_at", "times.purchased_at") }} as seconds_to_purchase,

        sessions.is_converted
    from times
    inner join {{ ref("fct_sessions") }} as sessions on sessions.session_key = times.session_key
    where {{ written("sessions.session_date") }}
)

select * from final
