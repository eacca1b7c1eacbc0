{#- Engine-specific SQL for weeks and months. ISO weekdays are numbered from 1 (Monday) to 7 (Sunday). -#}

{% macro iso_weekday(day) -%}
    {{ return(adapter.dispatch("iso_weekday")(day)) }}
{%- endmacro %}

{% macro default__iso_weekday(day) -%}
    cast(extract(isodow from {{ day }}) as integer)
{%- endmacro %}

{% macro bigquery__iso_weekday(day) -%}
    (mod(extract(dayofweek from {{ day }}) + 5, 7) + 1)
{%- endmacro %}

{% macro snowflake__iso_weekday(day) -%}
    dayofweekiso({{ day }})
{%- endmacro %}

{% macro spark__iso_weekday(day) -%}
    (weekday({{ day }}) + 1)
{%- endmacro %}

{% macro iso_week(day) -%}
    {{ return(adapter.dispatch("iso_week")(day)) }}
{%- endmacro %}

{% macro default__iso_week(day) -%}
    cast(extract(week from {{ day }}) as integer)
{%- endmacro %}

{% macro bigquery__iso_week(day) -%}
    extract(isoweek from {{ day }})
{%- endmacro %}

{% macro snowflake__iso_week(day) -%}
    weekiso({{ day }})
{%- endmacro %}

{#- The ISO year of a day: the calendar year of the Thursday in its ISO week. -#}
{% macro iso_year(day) -%}
    cast(extract(year from {{ add_days(day, "(4 - " ~ iso_weekday(day) ~ ")") }}) as integer)
{%- endmacro %}

{#- The first day of the week that contains a day, according to the setting WEEK_START. -#}
{% macro week_start(day) -%}
    {%- set offset = "1 - " ~ iso_weekday(day) if env_var("USER_ACTIVITY_WEEK_START", "monday") == "monday"
        else "0 - " ~ iso_weekday(day) ~ " % 7" -%}
    {{ add_days(day, "(" ~ offset ~ ")") }}
{%- endmacro %}

{#- The first day of the month that contains a day. -#}
{% macro month_start(day) -%}
    {{ return(adapter.dispatch("month_start")(day)) }}
{%- endmacro %}

{% macro default__month_start(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}

{% macro bigquery__month_start(day) -%}
    date_trunc({{ day }}, month)
{%- endmacro %}

{#- A date plus a whole number of months. -#}
{% macro add_months(day, months) -%}
    {{ return(adapter.dispatch("add_months")(day, months)) }}
{%- endmacro %}

{% macro default__add_months(day, months) -%}
    cast({{ day }} + {{ months }} * interval '1 month' as date)
{%- endmacro %}

{% macro bigquery__add_months(day, months) -%}
    date_add({{ day }}, interval {{ months }} month)
{%- endmacro %}

{% macro snowflake__add_months(day, months) -%}
    dateadd(month, {{ months }}, {{ day }})
{%- endmacro %}

{% macro spark__add_months(day, months) -%}
    add_months({{ day }}, {{ months }})
{%- endmacro %}
