{#- Engine-specific SQL for arrays of 64-bit integers. Each macro returns one expression. -#}

{#- An array of the given elements, in the given order; nulls keep their position. -#}
{% macro integer_array(elements) -%}
    {{ return(adapter.dispatch("integer_array")(elements)) }}
{%- endmacro %}

{% macro default__integer_array(elements) -%}
    cast(array[{{ elements | join(", ") }}] as bigint[])
{%- endmacro %}

{#- BigQuery cannot store nulls in an array: they are left out, so only the last elements may be null. -#}
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

{#- The sum of an array's elements; nulls are ignored. -#}
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
