{#-
Rules about funnels. From an entry each step is another event, at or after the one before it and as early as possible.
Whoever is earlier at a step can take every event that whoever is later there can, so only the earliest ways count. Ways
that reach a step at one time differ in which events of that time they have used up; later events are unused by all.
-#}

{#-
Entries with the last step that each reaches in its window (`furthest_step`) and when (`reached_2` and so on; beyond that
step they mean nothing). Entries with the same `started` go the same way, which is looked for once: from that one of them.
-#}
{% macro funnel_tries(entries, moments, actions) -%}
    {%- set step_numbers = range(2, funnel_bounds()[0] + 1) -%}
    with

    reached_1 as (
        select
            entries.funnel, entries.user_key, entries.started, entries.ends,
            entries.started as reached,
            {{ one_used("actions.type_number", "actions.type_count") }} as used
        from {{ entries }} as entries
        inner join {{ actions }} as actions
            on
                actions.funnel = entries.funnel
                and actions.user_key = entries.user_key
                and actions.happened = entries.started
                and actions.step = 1
        where entries.entered = entries.started
    ),

    {% for step in step_numbers -%}
    ways_{{ step }} as (
        select
            ways.funnel, ways.user_key, ways.started, ways.ends, ways.reached,
            {{ one_more_used("ways.used", "actions.type_number") }} as used
        from reached_{{ step - 1 }} as ways
        inner join {{ actions }} as actions
            on
                actions.funnel = ways.funnel
                and actions.user_key = ways.user_key
                and actions.happened = ways.reached
                and actions.step = {{ step }}
        where {{ times_used("ways.used", "actions.type_number") }} < actions.event_count
        union
        select
            ways.funnel, ways.user_key, ways.started, ways.ends, actions.happened as reached,
            {{ one_used("actions.type_number", "actions.type_count") }} as used
        from reached_{{ step - 1 }} as ways
        inner join {{ moments }} as moments
            on
                moments.funnel = ways.funnel
                and moments.user_key = ways.user_key
                and moments.happened = ways.reached
        inner join {{ actions }} as actions
            on
                actions.funnel = ways.funnel
                and actions.user_key = ways.user_key
                and actions.happened = moments.next_{{ step }}
                and actions.step = {{ step }}
        where actions.happened <= ways.ends
    ),

    reached_{{ step }} as (
        select funnel, user_key, started, ends, reached, used
        from (
            select *, min(reached) over (partition by funnel, user_key, started) as first_reached
            from ways_{{ step }}
        ) as ways
        where reached = first_reached
    ),

    {% endfor -%}
    reached as (
        {% for step in step_numbers -%}
        select funnel, user_key, started, reached, {{ step }} as step from reached_{{ step }}
        {{ "union all" if not loop.last }}
        {% endfor -%}
    ),

    ways as (
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
        1 {%- for step in step_numbers %} + case when ways.reached_{{ step }} <= entries.ends then 1 else 0 end {%- endfor %}
            as furthest_step
        {%- for step in step_numbers %},
        ways.reached_{{ step }}
        {%- endfor %}
    from {{ entries }} as entries
    left join ways
        on ways.funnel = entries.funnel and ways.user_key = entries.user_key and ways.started = entries.started
{%- endmacro %}
