{#-
What models ask of a source. Facts of its records come from its contract (source_facts.sql), those of its table from the
staging model's meta. `identity`: what makes two records the same; `at`: the timestamp that dates a record; `updated`: which
of those wins (null: the latest landed); `can_move`: a record that is sent again may have another date; `is_clamped`: one
older than the first partition belongs to the first; `has_user`: records belong to users.
-#}

{#- What makes two records of a source the same record, as one 60-bit integer. -#}
{% macro record_key(source_name) -%}
    {{ surrogate_key(source_facts()[source_name].identity) }}
{%- endmacro %}

{#- The staging model of a source and the columns there that hold its key and its day. -#}
{% macro staged(source_name) -%}
    {%- set name = "stg_" ~ source_name -%}
    {%- set meta = model_node(name).config.meta if execute else {"key": [none]} -%}
    {{ return((name, meta.key[0], meta.date_column)) }}
{%- endmacro %}

{#- The reporting day of a source's record. -#}
{% macro source_date(source_name) -%}
    {%- set facts = source_facts()[source_name] -%}
    {%- set day = reporting_date(facts.at) -%}
    {%- if facts.is_clamped -%}
        greatest({{ day }}, {{ setting_start_date() }})
    {%- else -%}
        {{ day }}
    {%- endif -%}
{%- endmacro %}

{#- The rows of a source that this run stages: every accepted row of the rebuilt days that stg_duplicates does not hold. -#}
{% macro staged_rows(source_name) -%}
    (
        select received.*
        from {{ raw_rows(source_name, rebuilt_ranges()) }} as received
        left join {{ ref("stg_duplicates") }} as duplicates
            on
                duplicates.source = '{{ source_name }}'
                and duplicates.landing_date = received.landing_date
                and duplicates.file_sha256 = received._file_sha256
                and duplicates.row_number = received._row_number
        where duplicates.row_number is null
    )
{%- endmacro %}
