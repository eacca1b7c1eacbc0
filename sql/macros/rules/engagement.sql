{#-
Which days of daily_engagement a run replaces: each rebuilt day, the days before it whose sessions may continue into it,
and the 29 days after it (whose 30-day windows include it), between the first and last day with events. Also days in
that range that the table lacks, and days outside it, which are deleted. Without a table: every day.
-#}

{#- The first and the last day with an event of a person. Bots neither begin nor end the time that metrics look at. -#}
{% macro event_bounds() -%}
    {%- if execute -%}
        {%- set days = ref("int_user_days") -%}
        {%- set found = "select min(event_date), max(event_date) from " ~ days ~ " where event_count > 0" -%}
        {%- set bounds = asked_once(found).rows[0] -%}
        {%- if bounds[0] is not none -%}{{ return((bounds[0], bounds[1])) }}{%- endif -%}
    {%- endif -%}
    {{ return((modules.datetime.date(1900, 1, 1), modules.datetime.date(1900, 1, 1))) }}
{%- endmacro %}

{% macro is_engagement_date(column, standing) -%}
    {%- set first, last = event_bounds() -%}
    {{ column }} between cast('{{ first }}' as date) and cast('{{ last }}' as date)
    {% if standing -%}
    and (
        {{ written(column) }}
        or {{ column }} not in (select activity_date from {{ standing }})
    )
    {%- endif %}
{%- endmacro %}

{#- A condition: the days of activity that the windows of the replaced days include. -#}
{% macro rebuilt_engagement_inputs(column, standing) -%}
    {%- set first, last = event_bounds() -%}
    {%- set ranges = rebuilt_ranges() + ([] if standing else [(first, last)]) -%}
    {%- if standing and execute -%}
        {%- set known = asked_once("select min(activity_date), max(activity_date) from " ~ standing).rows[0] -%}
        {%- if known[0] is not none -%}
            {%- if first < known[0] -%}{%- do ranges.append((first, known[0])) -%}{%- endif -%}
            {%- if last > known[1] -%}{%- do ranges.append((known[1], last)) -%}{%- endif -%}
        {%- endif -%}
    {%- endif -%}
    {%- set meta = model_meta() -%}
    {{ in_ranges(column, ranges, meta_days(meta, "written_before") + 29, meta_days(meta, "written_after")) }}
{%- endmacro %}

{% macro replaces_engagement_dates() -%}
    {%- set first, last = event_bounds() -%}
    {{ written("activity_date") }}
    or activity_date < cast('{{ first }}' as date)
    or activity_date > cast('{{ last }}' as date)
{%- endmacro %}

{#- The earlier of two days; the first may be null. -#}
{% macro sooner(day_or_null, day) -%}
    case when {{ day_or_null }} < {{ day }} then {{ day_or_null }} else {{ day }} end
{%- endmacro %}
