{#- What engines write differently about rows: ranges of days, values picked by order. -#}

{#- A relation with one column, `day`: every day from the first to the last, inclusive. -#}
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

{#- Whether two texts, neither of them blank, are the same or both null. -#}
{% macro is_same_text(one, other) -%}
    {{ return(adapter.dispatch("is_same_text")(one, other)) }}
{%- endmacro %}

{% macro default__is_same_text(one, other) -%}
    {{ one }} is not distinct from {{ other }}
{%- endmacro %}

{#- PostgreSQL compares every row with every row where null may equal null. -#}
{% macro postgres__is_same_text(one, other) -%}
    coalesce({{ one }}, '') = coalesce({{ other }}, '')
{%- endmacro %}

{% macro spark__is_same_text(one, other) -%}
    {{ one }} <=> {{ other }}
{%- endmacro %}

{#- The value of the earliest row of a group: by time, then by key, so that chance never picks. Nulls are passed over. -#}
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

{#- The median as a double: the mean of the middle two where their number is even. -#}
{% macro median(value) -%}
    {{ return(adapter.dispatch("median")(value)) }}
{%- endmacro %}

{#- Half the sum of the lower and the upper middle: percentile_cont rounds twice on the way, which other engines do not. -#}
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
