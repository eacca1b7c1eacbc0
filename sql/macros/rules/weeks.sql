{#- Which weeks of user_weekly_activity a run replaces. -#}

{#-
Ranges of first days of weeks: weeks that contain a rebuilt day, that are not over, or that were not over when the table was
written (their future days are null in the table). Without a table: every week.
-#}
{% macro rebuilt_week_starts(standing) -%}
    {%- set ranges = rebuilt_ranges() | list -%}
    {%- if not standing -%}
        {{ return([("1900-01-01", "2999-12-31")]) }}
    {%- elif execute -%}
        {%- set tomorrow = event_bounds()[1] + modules.datetime.timedelta(days=1) -%}
        {%- do ranges.append((tomorrow, modules.datetime.date(2999, 12, 31))) -%}
        {%- set open = "select distinct week_start_date from " ~ standing ~ " where events is null" -%}
        {%- for day in asked_once(open).columns[0].values() -%}
            {%- do ranges.append((day, day)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(period_ranges("week", ranges)) }}
{%- endmacro %}

{% macro replaces_rebuilt_weeks() -%}
    {{ in_ranges("week_start_date", rebuilt_week_starts(this)) }}
{%- endmacro %}
