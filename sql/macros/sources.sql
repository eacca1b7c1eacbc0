{#-
What models need to know about a source. Facts about its records come from its contract (source_facts.sql), facts about its
table from the staging model's meta. `identity`: the expressions that identify a record; `constant`: those that are the same
in all records with one identity; `at`: the timestamp that gives its day; `updated`: of records with one identity, the
greatest is kept (null: the latest landed); `can_move`: a record sent again may have another day; `is_clamped`: days before
the first partition count as the first; `has_user`: records have a user.
-#}

{#- The key of a source's record, as a 60-bit integer. Records with the same key are the same record. -#}
{% macro record_key(source_name) -%}
    {{ surrogate_key(source_facts()[source_name].identity) }}
{%- endmacro %}

{#- A source's staging model, its key column and its date column, as (model, key, day). -#}
{% macro staged(source_name) -%}
    {%- set name = "stg_" ~ source_name -%}
    {%- set meta = model_node(name).config.meta if execute else {"key": [none]} -%}
    {{ return((name, meta.key[0], meta.date_column)) }}
{%- endmacro %}

{#- An expression: the reporting day of a source's record. -#}
{% macro source_date(source_name) -%}
    {%- set facts = source_facts()[source_name] -%}
    {%- set day = reporting_date(facts.at) -%}
    {%- if facts.is_clamped -%}
        greatest({{ day }}, {{ setting_start_date() }})
    {%- else -%}
        {{ day }}
    {%- endif -%}
{%- endmacro %}

{#- A subquery: the rows that this run stages: accepted rows of the rebuilt days that are not in stg_duplicates. -#}
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
