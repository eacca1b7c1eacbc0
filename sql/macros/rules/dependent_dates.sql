{#-
The rules behind `rebuilt_dates`: which other days depend on the days that change. They compare the landed rows with the
tables as the last run left them, so in an empty warehouse they find nothing.
-#}

{% macro no_dates() -%}
    select cast(null as date) as event_date where 1 = 0
{%- endmacro %}

{#- The days that a query returns, as ranges. -#}
{% macro ranges_of(query) -%}
    {%- set ranges = [] -%}
    {%- if execute -%}
        {%- for day in asked_once(query).columns[0].values() if day is not none -%}
            {%- do ranges.append((day, day)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(ranges) }}
{%- endmacro %}

{#- A query: every day of the ranges. -#}
{% macro dates_in(ranges) -%}
    {% for first, last in ranges -%}
    select day as event_date
    from {{ days_between("cast('" ~ first ~ "' as date)", "cast('" ~ last ~ "' as date)") }} as days
    {{ "union" if not loop.last }}
    {% else -%}
    {{ no_dates() }}
    {%- endfor %}
{%- endmacro %}

{#- Whether a query returns any row. Rules use it to skip reads that cannot change their result. -#}
{% macro any_row(query) -%}
    {{ return(execute and asked_once("select 1 as found from (" ~ query ~ ") as candidates limit 1").rows | length > 0) }}
{%- endmacro %}

{#-
Ranges of other days that hold a record, kept or set aside as a duplicate, with the same key as a record of the given days.
An event, order or review that is sent again with another time moves from one day to another.
-#}
{% macro ranges_of_moved_records(days) -%}
    {%- set queries = [] -%}
    {%- for source_name, facts in source_facts().items() if facts.can_move -%}
        {%- set model, key, day = staged(source_name) -%}
        {%- set standing = previous(model) ~ " as standing where not " ~ in_ranges(day, days) -%}
        {%- if any_row("select 1 as one from " ~ standing) -%}
            {%- do queries.append(
                "select distinct " ~ day ~ " as event_date from " ~ standing ~ " and " ~ key
                ~ " in (select " ~ record_key(source_name) ~ " from " ~ raw_rows(source_name, days) ~ " as received)"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do queries.append(
        "select distinct event_date from " ~ previous("stg_duplicates")
        ~ " as aside where " ~ in_ranges("standing_date", days) ~ " and not " ~ in_ranges("event_date", days)
    ) -%}
    {#- A record of an order that was set aside still says what was refunded until then. #}
    {%- do queries.append(
        "select distinct standing_date as event_date from " ~ previous("stg_duplicates")
        ~ " as aside where source = 'orders' and " ~ in_ranges("event_date", days)
        ~ " and not " ~ in_ranges("standing_date", days)
    ) -%}
    {{ return(ranges_of(queries | join(" union "))) }}
{%- endmacro %}
