{#- The settings that models use. dbt reads them from environment variables, because `--vars` would disable partial parsing. -#}

{% macro setting_start_date() -%}
    cast('{{ env_var("USER_ACTIVITY_START_DATE", "2025-01-01") }}' as date)
{%- endmacro %}

{% macro setting_timezone() -%}
    {{ return(env_var("USER_ACTIVITY_TIMEZONE", "UTC")) }}
{%- endmacro %}

{#- The currency of amounts that are received without one. -#}
{% macro setting_default_currency() -%}
    '{{ env_var("USER_ACTIVITY_DEFAULT_CURRENCY", "USD") }}'
{%- endmacro %}

{#- The currency that amounts are converted to. -#}
{% macro setting_reporting_currency() -%}
    '{{ env_var("USER_ACTIVITY_REPORTING_CURRENCY", env_var("USER_ACTIVITY_DEFAULT_CURRENCY", "USD")) }}'
{%- endmacro %}

{#- The maximum length of a session in seconds, inclusive: 24 hours. -#}
{% macro session_cap_seconds() -%}
    {{ return(86400) }}
{%- endmacro %}

{#-
The most days from the day on which a session starts to the day of its last event. Where clocks change, a day can have
less than 24 hours, so a session can start on the day before it and end on the day after it.
-#}
{% macro session_reach_days() -%}
    {{ return(1 if setting_timezone() == "UTC" else 2) }}
{%- endmacro %}

{#- The longest pause within a session, in seconds: the cap if the source gives a session id, otherwise the timeout. -#}
{% macro session_gap_seconds(session_id) -%}
    case
        when {{ session_id }} is null then {{ env_var("USER_ACTIVITY_SESSION_TIMEOUT_MINUTES", "30") | int * 60 }}
        else {{ session_cap_seconds() }}
    end
{%- endmacro %}

{#- The values of a comma-separated setting, as a list. -#}
{% macro setting_names(name, default) -%}
    {%- set names = [] -%}
    {%- for value in env_var(name, default).split(",") if value.strip() -%}
        {%- do names.append(value.strip()) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
