{#- Cohorts: the users active in each period, and the cohorts that a run recomputes. -#}

{#- A subquery: one row per user and day, week or month with activity (`user_key`, `period_start_date`). -#}
{% macro active_periods(period) -%}
    {%- if period == "day" -%}
    (select user_key, event_date as period_start_date from {{ ref("int_user_days") }} where event_count > 0)
    {%- else -%}
    (select user_key, period_start_date from {{ ref("int_user_periods") }} where period = '{{ period }}')
    {%- endif -%}
{%- endmacro %}

{#-
Ranges of days whose cohorts change: the rebuilt days, and the old and new first active days of users for whom that day
changes, because these users leave one cohort and join another.
-#}
{% macro cohort_ranges() -%}
    {%- set users, lifespans = touched_users(), ref("int_user_lifespans") -%}
    {%- set ranges = rebuilt_ranges() | list -%}
    {%- if execute -%}
        {%- set moved = "from " ~ users ~ " as users "
            ~ "left join " ~ lifespans ~ " as lifespans on lifespans.user_key = users.user_key "
            ~ "where coalesce(users.first_active_date <> lifespans.first_active_date, true)" -%}
        {%- for day in asked_once(
            "select users.first_active_date as day " ~ moved ~ " union select lifespans.first_active_date as day " ~ moved
        ).columns[0].values() if day is not none -%}
            {%- do ranges.append((day, day)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(ranges) }}
{%- endmacro %}

{#- A condition for `replaces`: the activity period contains a rebuilt day, or the cohort changes. -#}
{% macro replaces_cohort_activity() -%}
    {{ any_holds_rebuilt("activity_start_date") }} or {{ any_holds_rebuilt("cohort_start_date", cohort_ranges()) }}
{%- endmacro %}
