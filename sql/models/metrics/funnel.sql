{{ config(
    replaces="replaces_funnel_dates",
    meta={"partitioned": true, "date_column": "entry_date"},
) }}

{#- For a worked example, CTE by CTE, see the top of sql/macros/rules/funnel_attempts.sql. -#}
{%- set days, reach = funnel_dates(this if is_incremental()), funnel_bounds()[1] %}
{%- set step_columns = "steps.funnel, steps.step, steps.type_number, steps.type_count, steps.window_seconds" %}
{%- set event_columns = "events.user_key, events.event_at, events.event_date" %}
{%- set per_user_and_day = "partition by funnel, user_key, entry_date" %}
{%- set row_columns = "funnel, entry_date, event_types, step, window_seconds" %}

with

events as (
    select user_key, event_at, event_date, event_type
    from {{ ref("fct_events") }}
    where not is_bot and {{ in_ranges("event_date", days, after=reach) }}
),

step_types as (
    select * from {{ ref("int_funnel_steps") }}
),

steps as (
    select distinct funnel, step, event_types, window_seconds from step_types
),

-- Events that match a step, counted per user, type and time. Times are microseconds since 1970.
step_events as (
    select
        {{ step_columns }}, {{ event_columns }},
        {{ epoch_micros("events.event_at") }} as happened,
        1000000 * steps.window_seconds as window_micros,
        count(*) as event_count
    from events
    inner join step_types as steps on steps.event_type = events.event_type
    group by {{ step_columns }}, {{ event_columns }}
),

step_times as (
    {{ funnel_step_times("step_events") }}
),

-- Entries with the same second step share one path, which is searched once, from the latest of these entries.
entries as (
    select
        funnel, user_key, event_at,
        event_date as entry_date,
        happened as entered,
        happened + window_micros as ends,
        case
            when happened_2 is not null then happened
            else max(case when happened_2 is null then happened end) over (partition by funnel, user_key, next_2)
        end as started
    from step_times
    where first_step = 1 and {{ in_ranges("event_date", days) }}
),

attempts as (
    {{ funnel_attempts("entries", "step_times", "step_events") }}
),

ranked_attempts as (
    select
        *,
        max(event_at) over ({{ per_user_and_day }}) as last_entry_at,
        row_number() over ({{ per_user_and_day }} order by furthest_step desc, entered asc) as attempt_rank
    from attempts
),

attempt_steps as (
    select
        steps.*, ranked.entry_date,
        ranked.furthest_step >= steps.step as is_reached,
        {{ reporting_date(dateadd("second", "steps.window_seconds", "ranked.last_entry_at")) }}
        > (select max(event_date) from {{ ref("int_user_days") }} where event_count > 0) as is_open,
        case when ranked.furthest_step >= steps.step then {{ micros_from_previous("steps.step", "ranked.entered") }} end
            as micros_from_previous
    from ranked_attempts as ranked
    inner join steps on steps.funnel = ranked.funnel
    where ranked.attempt_rank = 1
),

step_counts as (
    select
        {{ row_columns }},
        count(*) as entered_users,
        sum(case when is_reached then 1 else 0 end) as reached_users,
        sum(case when is_open and not is_reached then 1 else 0 end) as open_users,
        {{ ratio("sum(micros_from_previous)", "1000000 * count(micros_from_previous)") }} as mean_seconds_from_previous,
        cast({{ median(ratio("micros_from_previous", "1000000")) }} as {{ type_double() }})
            as median_seconds_from_previous
    from attempt_steps
    group by {{ row_columns }}
),

-- `decided_users`: users who reached the previous step, without those who may still reach this one.
decided_counts as (
    select
        *,
        coalesce(lag(reached_users) over so_far, entered_users)
        + coalesce(lag(open_users) over so_far, 0) - open_users as decided_users
    from step_counts
    window so_far as (partition by funnel, entry_date order by step)
),

final as (
    select
        {{ row_columns }}, entered_users,
        cast(reached_users as bigint) as reached_users,
        cast(open_users as bigint) as open_users,
        {{ ratio("reached_users", "entered_users - open_users") }} as conversion_rate,
        {{ ratio("reached_users", "decided_users") }} as conversion_rate_from_previous,
        {{ ratio("decided_users - reached_users", "decided_users") }} as drop_off_rate,
        mean_seconds_from_previous, median_seconds_from_previous
    from decided_counts
)

select * from final
