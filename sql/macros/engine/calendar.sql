{#- What engines write differently about weeks. ISO weekdays run from Monday 1 to Sunday 7. -#}

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

{#- The year that an ISO week belongs to: that of its Thursday. -#}
{% macro iso_year(day) -%}
    cast(extract(year from {{ add_days(day, "(4 - " ~ iso_weekday(day) ~ ")") }}) as integer)
{%- endmacro %}

{#- The first day of the week that a day lies in, by the setting WEEK_START. -#}
{% macro week_start(day) -%}
    {%- set offset = "1 - " ~ iso_weekday(day) if env_var("USER_ACTIVITY_WEEK_START", "monday") == "monday"
        else "0 - " ~ iso_weekday(day) ~ " % 7" -%}
    {{ add_days(day, "(" ~ offset ~ ")") }}
{%- endmacro %}
