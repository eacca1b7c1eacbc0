{#- Rules about sessions. -#}

{#- The key of a session. Its parts are those that make it: the sessions of bots are apart from those of people. -#}
{% macro session_key(user_id, session_id, started_at, is_bot) -%}
    {%- set started = "cast(" ~ epoch_micros(started_at) ~ " as " ~ type_string() ~ ")" -%}
    {{ surrogate_key([user_id, session_id, started ~ " || case when " ~ is_bot ~ " then '|bot' else '' end"]) }}
{%- endmacro %}

{#-
The events more than 24 hours after the first event of their chain (user_key, session_id or '', is_bot, chain_started_at,
event_at), with the start of their session. A session contains all events up to 24 hours after its start; the next one
starts with the first event after that.
-#}
{% macro sessions_cut_at_24_hours(chained) -%}
    with recursive

    lasting as (
        select distinct
            user_key,
            coalesce(session_id, '') as session_id,
            is_bot,
            chain_started_at,
            first_session_at,
            event_at
        from {{ chained }}
        where {{ seconds_between("first_session_at", "event_at") }} > {{ session_cap_seconds() }}
    ),

    jumps as (
        select
            *,
            min(event_at) over (
                partition by user_key, session_id, is_bot, chain_started_at
                order by {{ epoch_micros("event_at") }}
                range between {{ session_cap_seconds() * 1000000 + 1 }} following and unbounded following
            ) as next_cut_at
        from lasting
    ),

    cuts as (
        select user_key, session_id, is_bot, chain_started_at, min(event_at) as cut_at
        from lasting
        group by user_key, session_id, is_bot, chain_started_at
        union all
        select jumps.user_key, jumps.session_id, jumps.is_bot, jumps.chain_started_at, jumps.next_cut_at as cut_at
        from cuts
        inner join jumps
            on
                jumps.user_key = cuts.user_key
                and jumps.session_id = cuts.session_id
                and jumps.is_bot = cuts.is_bot
                and jumps.chain_started_at = cuts.chain_started_at
                and jumps.event_at = cuts.cut_at
        where jumps.next_cut_at is not null
    )

    select
        lasting.user_key,
        lasting.session_id,
        lasting.is_bot,
        lasting.chain_started_at,
        lasting.event_at,
        max(cuts.cut_at) as session_started_at
    from lasting
    inner join cuts
        on
            cuts.user_key = lasting.user_key
            and cuts.session_id = lasting.session_id
            and cuts.is_bot = lasting.is_bot
            and cuts.chain_started_at = lasting.chain_started_at
            and cuts.cut_at <= lasting.event_at
    group by lasting.user_key, lasting.session_id, lasting.is_bot, lasting.chain_started_at, lasting.event_at
{%- endmacro %}
