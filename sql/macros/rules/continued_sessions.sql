{#-
Later days to which a chain of activity on the given days extends, in the existing tables or with the rows landed since.
A chain is activity without a gap long enough to end a session. Days after a chain's end cannot change.
-#}
{% macro dates_of_continued_sessions(days) -%}
    {%- set standing = previous("int_event_sessions") -%}
    {%- set reach = session_reach_days() -%}
    {%- set is_next_day = in_ranges("event_date", days, after=reach) ~ " and not " ~ in_ranges("event_date", days) -%}
    {% if any_row("select 1 as one from " ~ standing ~ " as standing where " ~ is_next_day) -%}
    select distinct later.event_date
    from {{ standing }} as later
    inner join (
        with

        activity as (
            select user_key, coalesce(session_id, '') as session_id, event_date, event_at
            from {{ standing }} as standing
            where {{ in_ranges("event_date", days) }}
            union all
            select {{ surrogate_key(["user_id"]) }} as user_key, coalesce(session_id, '') as session_id, event_date, event_at
            from {{ raw_rows("events", days) }} as received
        ),

        last_activity as (
            select user_key, session_id, event_date, max(event_at) as last_event_at
            from activity
            group by user_key, session_id, event_date
        ),

        next_days as (
            select * from {{ standing }} as standing where {{ is_next_day }}
        )

        select distinct next_days.user_key, coalesce(next_days.session_id, '') as session_id, next_days.chain_started_at
        from next_days
        inner join last_activity
            on
                last_activity.user_key = next_days.user_key
                and last_activity.session_id = coalesce(next_days.session_id, '')
                and last_activity.event_date < next_days.event_date
                and last_activity.event_date >= {{ add_days("next_days.event_date", -reach) }}
        where
            {{ seconds_between("last_activity.last_event_at", "next_days.event_at") }}
            <= {{ session_gap_seconds("next_days.session_id") }}
    ) as chains
        on
            chains.user_key = later.user_key
            and chains.session_id = coalesce(later.session_id, '')
            and chains.chain_started_at = later.chain_started_at
    where not {{ in_ranges("later.event_date", days) }}
    {%- else -%}
    {{ no_dates() }}
    {%- endif %}
{%- endmacro %}
