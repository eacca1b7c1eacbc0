{#- The settings that shape figures, as dbt reads them: from the environment, so that partial parsing stays. -#}

{% macro setting_start_date() -%}
    cast('{{ env_var("USER_ACTIVITY_START_DATE", "2025-01-01") }}' as date)
{%- endmacro %}

{% macro setting_timezone() -%}
    {{ return(env_var("USER_ACTIVITY_TIMEZONE", "UTC")) }}
{%- endmacro %}

{#- The currency of amounts that name none. -#}
{% macro setting_default_currency() -%}
    '{{ env_var("USER_ACTIVITY_DEFAULT_CURRENCY", "USD") }}'
{%- endmacro %}

{#- The one currency that amounts are also given in. -#}
{% macro setting_reporting_currency() -%}
    '{{ env_var("USER_ACTIVITY_REPORTING_CURRENCY", env_var("USER_ACTIVITY_DEFAULT_CURRENCY", "USD")) }}'
{%- endmacro %}

{#- The longest that a session lasts, in seconds, inclusive: 24 hours. -#}
{% macro session_cap_seconds() -%}
    {{ return(86400) }}
{%- endmacro %}

{#- Seconds of inactivity that a session survives: any within the cap where the source names the session itself. -#}
{% macro session_gap_seconds(session_id) -%}
    case
        when {{ session_id }} is null then {{ env_var("USER_ACTIVITY_SESSION_TIMEOUT_MINUTES", "30") | int * 60 }}
        else {{ session_cap_seconds() }}
    end
{%- endmacro %}

{#- A comma-separated setting, as a list of values. -#}
{% macro setting_names(name, default) -%}
    {%- set names = [] -%}
    {%- for value in env_var(name, default).split(",") if value.strip() -%}
        {%- do names.append(value.strip()) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
