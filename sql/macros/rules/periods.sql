{#-
Rules about periods: days, weeks (according to the setting WEEK_START) and months, each identified by its first day. A
period is over once there is an event on or after its last day.
-#}

{#- The first day of the period that contains a day. -#}
{% macro period_start(day, period) -%}
    {%- if period == "week" -%}
        {{ week_start(day) }}
    {%- elif period == "month" -%}
        {{ month_start(day) }}
    {%- else -%}
        {{ day }}
    {%- endif -%}
{%- endmacro %}

{#- The last day of the period that starts on the given day. -#}
{% macro period_end(start_date, period) -%}
    {%- if period == "week" -%}
        {{ add_days(start_date, 6) }}
    {%- elif period == "month" -%}
        {{ add_days(add_months(start_date, 1), -1) }}
    {%- else -%}
        {{ start_date }}
    {%- endif -%}
{%- endmacro %}

{#-
Every period from the first to the last with an event of a person: `period`, `period_start_date`,
`period_end_date`, `period_number` (from 1; the difference of two is an age), `is_over`. No rows without events.
-#}
{% macro event_periods(periods=("day", "week", "month")) -%}
    {%- set first, last = event_bounds() -%}
    {%- set first, last = "cast('" ~ first ~ "' as date)", "cast('" ~ last ~ "' as date)" -%}
    {% for period in periods -%}
    select
        '{{ period }}' as period,
        period_start_date,
        {{ period_end("period_start_date", period) }} as period_end_date,
        row_number() over (order by period_start_date) as period_number,
        {{ period_end("period_start_date", period) }} <= {{ last }} as is_over
    from (
        select distinct {{ period_start("day", period) }} as period_start_date
        from {{ days_between(first, last) }} as days
        where exists (select 1 from {{ ref("int_user_days") }} where event_count > 0)
    ) as {{ period }}_starts
    {{ "union all" if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{#- Ranges of days, widened so that they contain the first day of every period they touch; adjacent ranges are merged. -#}
{% macro period_ranges(period, ranges) -%}
    {%- set merged = [] -%}
    {%- set one_day = modules.datetime.timedelta(days=1) -%}
    {%- for first, last in ranges | sort -%}
        {%- set start = first - 6 * one_day if period == "week" else first.replace(day=1) if period == "month" else first -%}
        {%- if merged and start <= merged[-1][1] + one_day -%}
            {%- set low, high = merged.pop() -%}
            {%- do merged.append((low, [high, last] | max)) -%}
        {%- else -%}
            {%- do merged.append((start, last)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(merged) }}
{%- endmacro %}

{#- A condition on a period's first day: the period contains a day of the ranges (default: the days this run rebuilds). -#}
{% macro holds_rebuilt(start_date, period, ranges=none) -%}
    {{ in_ranges(start_date, period_ranges(period, rebuilt_ranges() if ranges is none else ranges)) }}
{%- endmacro %}

{#- The same condition for rows of several periods, with the kind of period in the column `period`. -#}
{% macro any_holds_rebuilt(start_date, ranges=none, periods=("day", "week", "month")) -%}
    (
        {%- for period in periods %}
        (period = '{{ period }}' and {{ holds_rebuilt(start_date, period, ranges) }})
        {{ "or" if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#-
A condition on a day: its period contains a day that this run rebuilds. Always true without a table. The additional
condition on the day itself lets engines prune.
-#}
{% macro beside_rebuilt(day, period, standing) -%}
    {%- set starts = period_ranges(period, rebuilt_ranges()) -%}
    {{ in_ranges(day, starts, after=30) ~ " and " ~ in_ranges(period_start(day, period), starts) if standing else "1 = 1" }}
{%- endmacro %}

{#- A condition for `replaces`: weeks and months that contain a rebuilt day. -#}
{% macro replaces_rebuilt_periods() -%}
    {{ any_holds_rebuilt("period_start_date", periods=("week", "month")) }}
{%- endmacro %}
