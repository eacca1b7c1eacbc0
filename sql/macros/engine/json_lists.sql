{#- Rows out of JSON lists of small records, which the columns `items` and `refunds` of orders hold as text. -#}

{#- One row per order line: the given columns and line_number, product_id, quantity, unit_price. -#}
{% macro order_lines(relation, columns) -%}
    {{ json_list(relation, columns, "items", "line_number", {
        "product_id": ("product_id", "varchar"),
        "quantity": ("quantity", "numeric(18, 4)"),
        "unit_price": ("unit_price", "numeric(18, 4)"),
    }) }}
{%- endmacro %}

{#- One row per refund: the given columns and refund_number, amount, listed_at (null where the refund has no time). -#}
{% macro order_refunds(relation, columns) -%}
    {{ json_list(relation, columns, "refunds", "refund_number", {
        "amount": ("amount", "numeric(18, 4)"),
        "listed_at": ("refunded_at", "timestamp"),
    }) }}
{%- endmacro %}

{#-
One row per record of the list in the column `texts`: the given columns, the record's number from 1 (`number`), and
`fields`, a map from a column's name to the field's name and its type.
-#}
{% macro json_list(relation, columns, texts, number, fields) -%}
    {{ return(adapter.dispatch("json_list")(relation, columns, texts, number, fields)) }}
{%- endmacro %}

{% macro default__json_list(relation, columns, texts, number, fields) -%}
    select
        {{ columns | join(", ") }},
        {% for name, (field, type) in fields.items() -%}
        cast(listed.fields ->> '{{ field }}' as {{ type }}) as {{ name }},
        {% endfor -%}
        cast(listed.number as integer) as {{ number }}
    from {{ relation }}
    {#- jsonb cannot store NUL characters, which fields that we do not read may contain. They are removed. #}
    cross join lateral jsonb_array_elements(
        cast(regexp_replace({{ texts }}, '(?<!\\)((\\\\)*)\\u0000', '\1', 'g') as jsonb)
    ) with ordinality as listed (fields, number)
{%- endmacro %}

{% macro duckdb__json_list(relation, columns, texts, number, fields) -%}
    {%- set shape = {} -%}
    {%- for field, type in fields.values() -%}{%- do shape.update({field: type | upper}) -%}{%- endfor -%}
    select
        {{ columns | join(", ") }},
        {% for name, (field, type) in fields.items() -%}
        listed.{{ field }} as {{ name }},
        {% endfor -%}
        {{ number }}
    from (
        select
            {{ columns | join(", ") }},
            unnest(records) as listed,
            cast(unnest(range(1, len(records) + 1)) as integer) as {{ number }}
        from (
            select
                {{ columns | join(", ") }},
                from_json({{ texts }}, '[{{ shape | tojson }}]') as records
            from {{ relation }}
        )
    )
{%- endmacro %}

{% macro bigquery__json_list(relation, columns, texts, number, fields) -%}
    select
        {{ columns | join(", ") }},
        {% for name, (field, type) in fields.items() -%}
        cast(json_value(listed, '$.{{ field }}') as {{ "string" if type == "varchar" else type }}) as {{ name }},
        {% endfor -%}
        offset_from_0 + 1 as {{ number }}
    from {{ relation }}
    cross join unnest(json_query_array({{ texts }})) as listed with offset as offset_from_0
{%- endmacro %}

{% macro snowflake__json_list(relation, columns, texts, number, fields) -%}
    select
        {{ columns | join(", ") }},
        {% for name, (field, type) in fields.items() -%}
        listed.value:{{ field }}::{{ type }} as {{ name }},
        {% endfor -%}
        listed.index + 1 as {{ number }}
    from {{ relation }}
    cross join lateral flatten(input => parse_json({{ texts }})) as listed
{%- endmacro %}

{% macro spark__json_list(relation, columns, texts, number, fields) -%}
    {%- set shape = [] -%}
    {%- for field, type in fields.values() -%}{%- do shape.append(field ~ ": " ~ type) -%}{%- endfor -%}
    select
        {{ columns | join(", ") }},
        {% for name, (field, type) in fields.items() -%}
        listed.{{ field }} as {{ name }},
        {% endfor -%}
        offset_from_0 + 1 as {{ number }}
    from {{ relation }}
    lateral view posexplode(
        from_json({{ texts }}, 'array<struct<{{ shape | join(", ") | replace("varchar", "string") }}>>')
    ) as offset_from_0, listed
{%- endmacro %}
