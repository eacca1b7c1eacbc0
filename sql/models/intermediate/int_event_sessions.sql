{{ config(
    materialized="incremental",
    incremental_strategy="replace",
    replaces="replaces_rebuilt_dates",
    meta={"partitioned": true, "date_column": "event_date"},
) }}

{%- set columns = [
    "event_key", "user_key", "user_id", "session_id", "event_at", "event_date", "event_type",
    "revenue", "currency", "device", "country", "is_bot",
] | join(", ") %}

with recursive

events as (
    select
        {{ columns }},
        cast(null as timestamp) as known_session_started_at,
        cast(null as timestamp) as known_chain_started_at,
        1 as carry_rank
    from {{ ref("stg_events") }}
    where {{ rebuilt("event_date") }}
),

-- What the day before left open: the last event of each user and session id, with the session that it belongs to.
carried as (
    {% if is_incremental() -%}
    select
        {{ columns }},
        session_started_at as known_session_started_at,
        chain_started_at as known_chain_started_at,
        row_number() over (
            partition by user_key, session_id, event_date order by event_at desc, event_key desc
        ) as carry_rank
    from {{ this }}
    where {{ rebuilt("event_date", before=1) }} and not {{ rebuilt("event_date") }}
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
        lag(event_at) over (partition by user_key, session_id order by event_at, event_key) as previous_at
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
    window so_far as (partition by user_key, session_id order by event_at, event_key rows unbounded preceding)
),

-- Only what lasts beyond 24 hours is cut: a session that may go on takes every event up to 24 hours after its start.
lasting as (
    select distinct
        user_key,
        coalesce(session_id, '') as session_id,
        chain_started_at,
        first_session_at,
        event_at
    from chained
    where {{ seconds_between("first_session_at", "event_at") }} > 86400
),

jumps as (
    select
        *,
        min(event_at) over (
            partition by user_key, session_id, chain_started_at
            order by {{ epoch_micros("event_at") }}
            range between 86400000001 following and unbounded following
        ) as next_cut_at
    from lasting
),

cuts as (
    select user_key, session_id, chain_started_at, min(event_at) as cut_at
    from lasting
    group by user_key, session_id, chain_started_at
    union all
    select jumps.user_key, jumps.session_id, jumps.chain_started_at, jumps.next_cut_at as cut_at
    from cuts
    inner join jumps
        on
            jumps.user_key = cuts.user_key
            and jumps.session_id = cuts.session_id
            and jumps.chain_started_at = cuts.chain_started_at
            and jumps.event_at = cuts.cut_at
    where jumps.next_cut_at is not null
),

cut_sessions as (
    select lasting.user_key, lasting.session_id, lasting.chain_started_at, lasting.event_at, max(cuts.cut_at) as session_started_at
    from lasting
    inner join cuts
        on
            cuts.user_key = lasting.user_key
            and cuts.session_id = lasting.session_id
            and cuts.chain_started_at = lasting.chain_started_at
            and cuts.cut_at <= lasting.event_at
    group by lasting.user_key, lasting.session_id, lasting.chain_started_at, lasting.event_at
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
            and cut_sessions.chain_started_at = chained.chain_started_at
            and cut_sessions.event_at = chained.event_at
    where chained.known_chain_started_at is null
),

final as (
    select
        {{ columns }},
        {{ surrogate_key(["user_id", "session_id", epoch_micros("session_started_at")]) }} as session_key,
        session_started_at,
        chain_started_at
    from assigned
)

select * from final
