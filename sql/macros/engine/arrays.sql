{#- What engines write differently about arrays of 64-bit integers. Each macro returns one expression. -#}

{#- An array of the given elements, in their order; an element that is null stays in its place. -#}
{% macro integer_array(elements) -%}
    {{ return(adapter.dispatch("integer_array")(elements)) }}
{%- endmacro %}

{% macro default__integer_array(elements) -%}
    cast(array[{{ elements | join(", ") }}] as bigint[])
{%- endmacro %}

{#- BigQuery stores no null in an array: what is unknown is left out, and nothing known may follow it. -#}
{% macro bigquery__integer_array(elements) -%}
    array(
        select element from unnest([{{ elements | join(", ") }}]) as element with offset as position
        where element is not null order by position
    )
{%- endmacro %}

{% macro snowflake__integer_array(elements) -%}
    cast(array_construct({{ elements | join(", ") }}) as array(bigint))
{%- endmacro %}

{% macro spark__integer_array(elements) -%}
    cast(array({{ elements | join(", ") }}) as array<bigint>)
{%- endmacro %}

{#- The sum of an array's elements, nulls passed over. -#}
{% macro array_sum(array) -%}
    {{ return(adapter.dispatch("array_sum")(array)) }}
{%- endmacro %}

{% macro default__array_sum(array) -%}
    (select sum(elements.element) from unnest({{ array }}) as elements (element))
{%- endmacro %}

{% macro duckdb__array_sum(array) -%}
    list_sum({{ array }})
{%- endmacro %}

{% macro bigquery__array_sum(array) -%}
    (select sum(element) from unnest({{ array }}) as element)
{%- endmacro %}

{% macro snowflake__array_sum(array) -%}
    reduce({{ array }}, 0, (total, element) -> total + coalesce(element, 0))
{%- endmacro %}

{% macro spark__array_sum(array) -%}
    aggregate({{ array }}, cast(0 as bigint), (total, element) -> total + coalesce(element, 0))
{%- endmacro %}
