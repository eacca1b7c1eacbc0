{#- Engine-specific SQL for rows: series of days, first and last values, medians. -#}

{#- A subquery with one column, `day`: every day from the first to the last, both included. -#}
{% macro days_between(first_day, last_day) -%}
    {{ return(adapter.dispatch("days_between")(first_day, last_day)) }}
{%- endmacro %}

{% macro default__days_between(first_day, last_day) -%}
    (
        select cast(series.day as date) as day
        from generate_series({{ first_day }}, {{ last_day }}, interval '1 day') as series (day)
    )
{%- endmacro %}

{% macro bigquery__days_between(first_day, last_day) -%}
    (select day from unnest(generate_date_array({{ first_day }}, {{ last_day }})) as day)
{%- endmacro %}

{% macro snowflake__days_between(first_day, last_day) -%}
    (
        select dateadd(day, value, {{ first_day }}) as day
        from table(flatten(array_generate_range(0, datediff(day, {{ first_day }}, {{ last_day }}) + 1)))
    )
{%- endmacro %}

{% macro spark__days_between(first_day, last_day) -%}
    (select explode(sequence({{ first_day }}, {{ last_day }})) as day)
{%- endmacro %}

{#- Whether two texts are equal or both null. Neither may be an empty string. -#}
{% macro is_same_text(one, other) -%}
    {{ return(adapter.dispatch("is_same_text")(one, other)) }}
{%- endmacro %}

{% macro default__is_same_text(one, other) -%}
    {{ one }} is not distinct from {{ other }}
{%- endmacro %}

{#- A join on `is not distinct from` makes PostgreSQL compare every row with every row; equality can use a hash join. -#}
{% macro postgres__is_same_text(one, other) -%}
    coalesce({{ one }}, '') = coalesce({{ other }}, '')
{%- endmacro %}

{% macro spark__is_same_text(one, other) -%}
    {{ one }} <=> {{ other }}
{%- endmacro %}

{#- The same for several columns of two relations. -#}
{% macro are_same_texts(one, other, columns) -%}
    {%- set conditions = [] -%}
    {%- for column in columns -%}
        {%- do conditions.append(is_same_text(one ~ "." ~ column, other ~ "." ~ column)) -%}
    {%- endfor -%}
    {{ return(conditions | join(" and ")) }}
{%- endmacro %}

{#- The value of a group's earliest row, ordered by time and then key, so the result is deterministic. Ignores nulls. -#}
{% macro earliest(value, at, key) -%}
    {{ return(adapter.dispatch("pick")(value, at, key, "asc")) }}
{%- endmacro %}

{% macro latest(value, at, key) -%}
    {{ return(adapter.dispatch("pick")(value, at, key, "desc")) }}
{%- endmacro %}

{% macro default__pick(value, at, key, direction) -%}
    (
        array_agg({{ value }} order by {{ at }} {{ direction }}, {{ key }} {{ direction }})
        filter (where {{ value }} is not null)
    )[1]
{%- endmacro %}

{% macro duckdb__pick(value, at, key, direction) -%}
    {{ "arg_min" if direction == "asc" else "arg_max" }}({{ value }}, ({{ at }}, {{ key }}))
    filter (where {{ value }} is not null)
{%- endmacro %}

{% macro bigquery__pick(value, at, key, direction) -%}
    array_agg({{ value }} ignore nulls order by {{ at }} {{ direction }}, {{ key }} {{ direction }} limit 1)[safe_offset(0)]
{%- endmacro %}

{% macro snowflake__pick(value, at, key, direction) -%}
    get(array_agg({{ value }}) within group (order by {{ at }} {{ direction }}, {{ key }} {{ direction }}), 0)
{%- endmacro %}

{% macro spark__pick(value, at, key, direction) -%}
    {{ "min_by" if direction == "asc" else "max_by" }}({{ value }}, struct({{ at }}, {{ key }}))
    filter (where {{ value }} is not null)
{%- endmacro %}

{#- The median as a double: the mean of the two middle values if the number of values is even. -#}
{% macro median(value) -%}
    {{ return(adapter.dispatch("median")(value)) }}
{%- endmacro %}

{#- Half the sum of the two middle values: percentile_cont rounds twice, which other engines do not. -#}
{% macro default__median(value) -%}
    (
        cast(percentile_disc(0.5) within group (order by {{ value }}) as {{ type_double() }})
        + percentile_disc(0.5) within group (order by {{ value }} desc)
    ) / 2
{%- endmacro %}

{% macro duckdb__median(value) -%}
    quantile_cont({{ value }}, 0.5)
{%- endmacro %}

{% macro bigquery__median(value) -%}
    (select percentile_cont(v, 0.5) over () from unnest(array_agg({{ value }} ignore nulls)) as v limit 1)
{%- endmacro %}

{% macro spark__median(value) -%}
    percentile({{ value }}, 0.5)
{%- endmacro %}
