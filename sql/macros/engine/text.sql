{#- Engine-specific SQL for text and regular expressions. Each macro returns one expression. -#}

{#- Whether a text matches a regular expression (RE2 syntax, unanchored). -#}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch("matches")(text, pattern)) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    ({{ text }} ~ '{{ pattern }}')
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro bigquery__matches(text, pattern) -%}
    regexp_contains({{ text }}, r'{{ pattern }}')
{%- endmacro %}

{% macro snowflake__matches(text, pattern) -%}
    (regexp_instr({{ text }}, '{{ pattern | replace("\\", "\\\\") }}') > 0)
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
    ({{ text }} rlike '{{ pattern | replace("\\", "\\\\") }}')
{%- endmacro %}

{#- The host of a URL, in lower case, without a leading `www.`; null if there is none. -#}
{% macro url_host(url) -%}
    {{ return(adapter.dispatch("first_group")("lower(" ~ url ~ ")", "^[a-z][a-z0-9+.-]*://(?:www\\.)?([^/:?#]+)")) }}
{%- endmacro %}

{#- The first capture group of a regular expression's first match; null if nothing matches. -#}
{% macro default__first_group(text, pattern) -%}
    substring({{ text }} from '{{ pattern }}')
{%- endmacro %}

{% macro duckdb__first_group(text, pattern) -%}
    nullif(regexp_extract({{ text }}, '{{ pattern }}', 1), '')
{%- endmacro %}

{% macro bigquery__first_group(text, pattern) -%}
    regexp_extract({{ text }}, r'{{ pattern }}')
{%- endmacro %}

{% macro snowflake__first_group(text, pattern) -%}
    regexp_substr({{ text }}, '{{ pattern | replace("(?:", "(") | replace("\\", "\\\\") }}', 1, 1, 'e', 2)
{%- endmacro %}

{% macro spark__first_group(text, pattern) -%}
    nullif(regexp_extract({{ text }}, '{{ pattern | replace("\\", "\\\\") }}', 1), '')
{%- endmacro %}
