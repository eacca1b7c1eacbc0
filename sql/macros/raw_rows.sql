{#-
A subquery: the accepted rows of a source whose reporting day is in the given ranges. Columns: those received,
`event_date` (the reporting day) and `landing_date`. Models read the lake only through this macro.
-#}
{% macro raw_rows(source_name, ranges) -%}
    {%- set relation = source("raw", source_name) -%}
    {%- set landed = source("audit", "landed_dates") -%}
    {{ return(adapter.dispatch("raw_rows")(source_name, relation, landed, ranges)) }}
{%- endmacro %}

{% macro default__raw_rows(source_name, relation, landed, ranges) -%}
    (
        select *
        from (select received.*, {{ source_date(source_name) }} as event_date from {{ relation }} as received) as dated
        where {{ in_ranges("event_date", ranges) }}
    )
{%- endmacro %}

{#- The lake's index gives the landing dates of these rows, so the cost of a day does not grow with history. -#}
{% macro postgres__raw_rows(source_name, relation, landed, ranges) -%}
    {%- set days = [] -%}
    {%- if execute -%}
        {%- set days = run_query(
            "select distinct landing_date from " ~ landed ~ " where source = '" ~ source_name ~ "' and "
            ~ is_indexed(ranges) ~ " order by 1"
        ).columns[0].values() -%}
    {%- endif -%}
    (
        select *
        from (
            select received.*, {{ source_date(source_name) }} as event_date
            from {{ relation }} as received
            where {% if days -%} landing_date in ('{{ days | join("', '") }}') {%- else -%} 1 = 0 {%- endif %}
        ) as dated
        where {{ in_ranges("event_date", ranges) }}
    )
{%- endmacro %}

{#- A condition on the lake's index, whose days are UTC: the part may contain rows of these reporting days. -#}
{% macro is_indexed(ranges) -%}
    {%- set slack = 0 if setting_timezone() == "UTC" else 1 -%}
    {{ in_ranges("greatest(utc_date, " ~ setting_start_date() ~ ")", ranges, slack, slack) }}
{%- endmacro %}

{#- The lake's index gives the parts that contain these rows, so the cost of a day does not grow with history. -#}
{% macro duckdb__raw_rows(source_name, relation, landed, ranges) -%}
    {%- set parts = [] -%}
    {%- if execute -%}
        {%- set parts = run_query(
            "select distinct part_path from " ~ landed ~ " where source = '" ~ source_name ~ "' and "
            ~ is_indexed(ranges) ~ " order by 1"
        ).columns[0].values() -%}
    {%- endif -%}
    {%- set lake = env_var("USER_ACTIVITY_LAKE_DIR", "data/lake") -%}
    (
        select *
        from (
            select received.*, {{ source_date(source_name) }} as event_date
            {% if parts -%}
            from read_parquet(
                [{% for part in parts %}'{{ (lake ~ "/" ~ part) | replace("'", "''") }}'{{ "," if not loop.last }}{% endfor %}],
                hive_partitioning = true, hive_types = {'landing_date': date}
            ) as received
            {%- else -%}
            from {{ relation }} as received
            where 1 = 0
            {%- endif %}
        ) as dated
        where {{ in_ranges("event_date", ranges) }}
    )
{%- endmacro %}
