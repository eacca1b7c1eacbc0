{{ config(meta={"partitioned": true, "date_column": "event_date"}) }}

{%- set columns = [
    "event_key", "user_key", "user_id", "session_id", "event_at", "event_date", "event_type",
    "revenue", "currency", "device", "country", "is_bot",
] | join(", ") %}

with

events as (
    select
        {{ columns }},
        cast(null as timestamp) as known_session_started_at,
        cast(null as timestamp) as known_chain_started_at,
        1 as carry_rank
    from {{ ref("stg_events") }}
    where {{ rebuilt("event_date") }}
),

-- Sessions that may continue from before: each day's last event of each user and session id, with its session.
-- The events of bots make sessions of their own, so that they neither join nor prolong those of people.
carried as (
    {% if is_incremental() -%}
    select
        {{ columns }},
        session_started_at as known_session_started_at,
        chain_started_at as known_chain_started_at,
        row_number() over (
            partition by user_key, session_id, is_bot, event_date order by event_at desc, event_key desc
        ) as carry_rank
    from {{ this }}
    where {{ rebuilt("event_date", before=session_reach_days()) }} and not {{ rebuilt("event_date") }}
    {%- else -%}
    select * from events where 1 = 0
    {%- endif %}
),

activity as (
    select * from events
    union all
    select * from carried where carry_rank = 1
),

spaced as (
    select
        *,
        lag(event_at) over (partition by user_key, session_id, is_bot order by event_at, event_key) as previous_at
    from activity
),

opened as (
    select
        *,
        known_chain_started_at is not null
        or previous_at is null
        or {{ seconds_between("previous_at", "event_at") }} > {{ session_gap_seconds("session_id") }} as opens_chain
    from spaced
),

chained as (
    select
        *,
        max(case when opens_chain then coalesce(known_chain_started_at, event_at) end) over so_far as chain_started_at,
        max(case when opens_chain then coalesce(known_session_started_at, event_at) end) over so_far as first_session_at
    from opened
    window so_far as (
        partition by user_key, session_id, is_bot order by event_at, event_key rows unbounded preceding
    )
),

cut_sessions as (
    {{ sessions_cut_at_24_hours("chained") }}
),

assigned as (
    select
        chained.*,
        coalesce(cut_sessions.session_started_at, chained.first_session_at) as session_started_at
    from chained
    left join cut_sessions
        on
            cut_sessions.user_key = chained.user_key
            and cut_sessions.session_id = coalesce(chained.session_id, '')
            and cut_sessions.is_bot = chained.is_bot
            and cut_sessions.chain_started_at = chained.chain_started_at
            and cut_sessions.event_at = chained.event_at
    where chained.known_chain_started_at is null
),

final as (
    select
        {{ columns }},
        {{ session_key("user_id", "session_id", "session_started_at", "is_bot") }} as session_key,
        session_started_at,
        chain_started_at
    from assigned
)

select * from final
