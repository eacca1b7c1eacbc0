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

{#- The first capture group of a regular expression's first match; null if nothing matches. -#}
{% macro first_group(text, pattern) -%}
    {{ return(adapter.dispatch("first_group")(text, pattern)) }}
{%- endmacro %}

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

{#- A text whose percent-encoded bytes are UTF-8, decoded. Use `url_decoded`, which leaves other texts alone. -#}
{% macro percent_decoded(text) -%}
    {{ return(adapter.dispatch("percent_decoded")(text)) }}
{%- endmacro %}

{% macro default__percent_decoded(text) -%}
    (
        select
            convert_from(
                string_agg(
                    case
                        when left(pieces.piece[1], 1) = '%' then decode(substr(pieces.piece[1], 2), 'hex')
                        else convert_to(pieces.piece[1], 'UTF8')
                    end,
                    cast('' as bytea) order by pieces.place
                ),
                'UTF8'
            )
        from regexp_matches({{ text }}, '%..|[^%]+', 'g') with ordinality as pieces (piece, place)
    )
{%- endmacro %}

{% macro duckdb__percent_decoded(text) -%}
    url_decode({{ text }})
{%- endmacro %}

{% macro bigquery__percent_decoded(text) -%}
    (
        select
            safe_convert_bytes_to_string(
                string_agg(
                    if(starts_with(piece, '%'), from_hex(substr(piece, 2)), cast(piece as bytes)), b'' order by place
                )
            )
        from unnest(regexp_extract_all({{ text }}, r'%..|[^%]+')) as piece with offset as place
    )
{%- endmacro %}

{% macro spark__percent_decoded(text) -%}
    url_decode(replace({{ text }}, '+', '%2B'))
{%- endmacro %}
