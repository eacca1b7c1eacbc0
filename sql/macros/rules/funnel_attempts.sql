{#-
Worked example of metrics.funnel (unit test `funnel_worked_example`): a funnel of 1 product_view, 2 add_to_cart, 3 purchase
within an hour, one user, one day:

    10:00  product_view    entry A: its window ends at 11:00
    10:20  product_view    entry B: its window ends at 11:20
    10:20  add_to_cart     step 2 of A and of B, because an equal time counts
    11:10  purchase        step 3 of B; too late for A

step_events      one row per step and time: (1, 10:00), (1, 10:20), (2, 10:20), (3, 11:10)
step_times       one row per time: at 10:00 step 2 happens next at 10:20; at 10:20 it happens then, and step 3 at 11:10
entries          A and B
attempts         A gets to step 2, B to step 3
ranked_attempts  B comes first: of a user's entries on a day, the one that gets furthest counts
attempt_steps    B's three steps, all reached: 0 seconds from step 1 to 2, 3,000 from 2 to 3
final            one row per step, each with 1 of 1 users
-#}

{#-
How far each entry into a funnel gets. Each step uses a different event, at the same time as the previous step or later, and
as early as possible. A path that reaches a step earlier can use every event that a later path can, so only the earliest
paths are kept. Paths that reach a step at the same time differ only in which events of that time they have used.
-#}

{#-
Returns each entry with the last step that it reaches within its window (`furthest_step`) and the times of its steps
(`reached_2` and so on; ignore those beyond that step). Entries with the same `started` share one path, searched once.
-#}
{% macro funnel_attempts(entries, step_times, step_events) -%}
    {%- set step_numbers = range(2, funnel_bounds()[0] + 1) -%}
    with

    reached_1 as (
        select
            entries.funnel, entries.user_key, entries.started, entries.ends,
            entries.started as reached,
            {{ one_used("step_events.type_number", "step_events.type_count") }} as used
        from {{ entries }} as entries
        inner join {{ step_events }} as step_events
            on
                step_events.funnel = entries.funnel
                and step_events.user_key = entries.user_key
                and step_events.happened = entries.started
                and step_events.step = 1
        where entries.entered = entries.started
    ),

    {% for step in step_numbers -%}
    paths_{{ step }} as (
        select
            paths.funnel, paths.user_key, paths.started, paths.ends, paths.reached,
            {{ one_more_used("paths.used", "step_events.type_number") }} as used
        from reached_{{ step - 1 }} as paths
        inner join {{ step_events }} as step_events
            on
                step_events.funnel = paths.funnel
                and step_events.user_key = paths.user_key
                and step_events.happened = paths.reached
                and step_events.step = {{ step }}
        where {{ times_used("paths.used", "step_events.type_number") }} < step_events.event_count
        union
        select
            paths.funnel, paths.user_key, paths.started, paths.ends, step_events.happened as reached,
            {{ one_used("step_events.type_number", "step_events.type_count") }} as used
        from reached_{{ step - 1 }} as paths
        inner join {{ step_times }} as step_times
            on
                step_times.funnel = paths.funnel
                and step_times.user_key = paths.user_key
                and step_times.happened = paths.reached
        inner join {{ step_events }} as step_events
            on
                step_events.funnel = paths.funnel
                and step_events.user_key = paths.user_key
                and step_events.happened = step_times.next_{{ step }}
                and step_events.step = {{ step }}
        where step_events.happened <= paths.ends
    ),

    reached_{{ step }} as (
        select funnel, user_key, started, ends, reached, used
        from (
            select *, min(reached) over (partition by funnel, user_key, started) as first_reached
            from paths_{{ step }}
        ) as paths
        where reached = first_reached
    ),

    {% endfor -%}
    reached as (
        {% for step in step_numbers -%}
        select funnel, user_key, started, reached, {{ step }} as step from reached_{{ step }}
        {{ "union all" if not loop.last }}
        {% endfor -%}
    ),

    paths as (
        select
            funnel, user_key, started
            {%- for step in step_numbers %},
            max(case when step = {{ step }} then reached end) as reached_{{ step }}
            {%- endfor %}
        from reached
        group by funnel, user_key, started
    )

    select
        entries.*,
        1 {%- for step in step_numbers %} + case when paths.reached_{{ step }} <= entries.ends then 1 else 0 end {%- endfor %}
            as furthest_step
        {%- for step in step_numbers %},
        paths.reached_{{ step }}
        {%- endfor %}
    from {{ entries }} as entries
    left join paths
        on paths.funnel = entries.funnel and paths.user_key = entries.user_key and paths.started = entries.started
{%- endmacro %}
