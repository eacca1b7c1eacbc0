{#-
A subquery: the number of accepted rows of a source per reporting day in the given ranges (`event_date`, `rows_accepted`).
The lake's index counts rows per UTC day. So if the reporting time zone is UTC, the rows themselves are not read.
-#}
{% macro accepted_rows(source_name, ranges) -%}
    {%- set day = "greatest(utc_date, " ~ setting_start_date() ~ ")" -%}
    {%- if setting_timezone() == "UTC" -%}
    (
        select {{ day }} as event_date, sum(rows_accepted) as rows_accepted
        from {{ source("audit", "landed_dates") }}
        where source = '{{ source_name }}' and {{ in_ranges(day, ranges) }}
        group by {{ day }}
    )
    {%- else -%}
    (
        select event_date, count(*) as rows_accepted
        from {{ raw_rows(source_name, ranges) }} as received
        group by event_date
    )
    {%- endif -%}
{%- endmacro %}
