{#- Which days funnels are recomputed for, and the times of their steps. -#}

{#- Whether an event is a page view or a product view. -#}
{% macro is_view(event_type) -%}
    {{ event_type }} in ('page_view', 'product_view')
{%- endmacro %}

{#- The number of steps of the longest funnel (at least 2), and the number of days that the longest window can span. -#}
{% macro funnel_bounds() -%}
    {%- set relation = ref("int_funnel_steps") -%}
    {%- if not execute -%}{{ return((2, 0)) }}{%- endif -%}
    {%- set found = asked_once("select coalesce(max(step), 0), coalesce(max(window_seconds), 0) from " ~ relation).rows[0] -%}
    {#- In time zones with daylight saving time, a day may have 23 hours. -#}
    {%- set slack = 0 if setting_timezone() == "UTC" else 1 -%}
    {#- No two events are more than a century apart. -#}
    {%- set reach = [(found[1] | int + 86399) // 86400 + slack, 36500] | min -%}
    {{ return(([found[0] | int, 2] | max, reach)) }}
{%- endmacro %}

{#-
Ranges of entry days that a run replaces: days whose window contains a rebuilt day, and days whose window was open in the
last build or is open now. Every day if the funnels' definitions have changed or there is no table.
-#}
{% macro funnel_dates(standing) -%}
    {%- set reach = funnel_bounds()[1] -%}
    {%- set last_date = event_bounds()[1] -%}
    {%- set definitions, events = ref("int_funnel_steps"), ref("fct_events") -%}
    {%- set day = modules.datetime.timedelta(days=1) -%}
    {%- set ranges = [] -%}
    {%- for first, last in rebuilt_ranges() -%}
        {%- do ranges.append((first - day * reach, last)) -%}
    {%- endfor -%}
    {%- do ranges.append((last_date - day * (reach - 1), modules.datetime.date(2999, 12, 31))) -%}
    {%- set is_replaced = in_ranges("event_date", ranges) -%}
    {%- if not standing or funnels_have_changed(standing, definitions, events, is_replaced) -%}
        {{ return([("1900-01-01", "2999-12-31")]) }}
    {%- endif -%}
    {%- set still_open = "select distinct entry_date from " ~ standing ~ " where open_users > 0" -%}
    {%- for entry_date in asked_once(still_open).columns[0].values() -%}
        {%- do ranges.append((entry_date, entry_date)) -%}
    {%- endfor -%}
    {{ return(period_ranges("day", ranges)) }}
{%- endmacro %}

{#- Whether the steps in the table differ from the current definitions, or a funnel with entries is missing from it. -#}
{% macro funnels_have_changed(standing, definitions, events, is_replaced) -%}
    {%- set is_same = [] -%}
    {%- for column in ("funnel", "step", "event_types", "window_seconds") -%}
        {%- do is_same.append("steps." ~ column ~ " = counted." ~ column) -%}
    {%- endfor -%}
    {%- set is_same = is_same | join(" and ") -%}
    {%- set is_counted = "funnel in (select funnel from " ~ standing ~ ")" -%}
    {%- if any_row(
        "select 1 as one from " ~ standing ~ " as counted"
        ~ " where not exists (select 1 from " ~ definitions ~ " as steps where " ~ is_same ~ ")"
    ) or any_row(
        "select 1 as one from " ~ definitions ~ " as steps where " ~ is_counted
        ~ " and not exists (select 1 from " ~ standing ~ " as counted where " ~ is_same ~ ")"
    ) -%}
        {{ return(true) }}
    {%- endif -%}
    {#- A funnel that nobody has entered has no rows, so a missing funnel matters only if it has entries. -#}
    {%- set uncounted = "select event_type from " ~ definitions ~ " where step = 1 and not " ~ is_counted -%}
    {{ return(any_row(uncounted) and any_row(
        "select 1 as one from " ~ events ~ " where event_type in (" ~ uncounted ~ ") and not is_bot and not " ~ is_replaced
    )) }}
{%- endmacro %}

{% macro replaces_funnel_dates() -%}
    {{ in_ranges("entry_date", funnel_dates(this)) }}
{%- endmacro %}

{#-
One row per funnel, user and time of a step. For each step n from 2, `happened_n` is this time if step n happens at it,
else null; `next_n` is the next later time at which step n happens.
-#}
{% macro funnel_step_times(step_events) -%}
    {%- set step_numbers = range(2, funnel_bounds()[0] + 1) -%}
    with

    times as (
        select
            funnel, user_key, happened, event_at, event_date, window_micros,
            min(step) as first_step
            {%- for step in step_numbers %},
            max(case when step = {{ step }} then happened end) as happened_{{ step }}
            {%- endfor %}
        from {{ step_events }}
        group by funnel, user_key, happened, event_at, event_date, window_micros
    )

    select
        *
        {%- for step in step_numbers %},
        min(happened_{{ step }}) over later as next_{{ step }}
        {%- endfor %}
    from times
    window later as (partition by funnel, user_key order by happened rows between 1 following and unbounded following)
{%- endmacro %}
