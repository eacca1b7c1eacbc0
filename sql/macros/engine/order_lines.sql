{#-
One row per order line, parsed from the JSON text in `items`: the given columns and line_number, product_id, quantity,
unit_price.
-#}
{% macro order_lines(relation, columns) -%}
    {{ return(adapter.dispatch("order_lines")(relation, columns)) }}
{%- endmacro %}

{% macro default__order_lines(relation, columns) -%}
    select
        {{ columns | join(", ") }},
        cast(line.line_number as integer) as line_number,
        line.item ->> 'product_id' as product_id,
        cast(line.item ->> 'quantity' as numeric(18, 4)) as quantity,
        cast(line.item ->> 'unit_price' as numeric(18, 4)) as unit_price
    from {{ relation }}
    {#- jsonb cannot store NUL characters, which fields that we do not read may contain. They are removed. #}
    cross join lateral jsonb_array_elements(
        cast(regexp_replace(items, '(?<!\\)((\\\\)*)\\u0000', '\1', 'g') as jsonb)
    ) with ordinality as line (item, line_number)
{%- endmacro %}

{% macro duckdb__order_lines(relation, columns) -%}
    select
        {{ columns | join(", ") }},
        line_number,
        item.product_id as product_id,
        item.quantity as quantity,
        item.unit_price as unit_price
    from (
        select
            {{ columns | join(", ") }},
            unnest(lines) as item,
            cast(unnest(range(1, len(lines) + 1)) as integer) as line_number
        from (
            select
                {{ columns | join(", ") }},
                from_json(
                    items, '[{"product_id": "VARCHAR", "quantity": "DECIMAL(18,4)", "unit_price": "DECIMAL(18,4)"}]'
                ) as lines
            from {{ relation }}
        )
    )
{%- endmacro %}

{% macro bigquery__order_lines(relation, columns) -%}
    select
        {{ columns | join(", ") }},
        line_offset + 1 as line_number,
        json_value(item, '$.product_id') as product_id,
        cast(json_value(item, '$.quantity') as numeric) as quantity,
        cast(json_value(item, '$.unit_price') as numeric) as unit_price
    from {{ relation }}
    cross join unnest(json_query_array(items)) as item with offset as line_offset
{%- endmacro %}

{% macro snowflake__order_lines(relation, columns) -%}
    select
        {{ columns | join(", ") }},
        line.index + 1 as line_number,
        line.value:product_id::varchar as product_id,
        line.value:quantity::numeric(18, 4) as quantity,
        line.value:unit_price::numeric(18, 4) as unit_price
    from {{ relation }}
    cross join lateral flatten(input => parse_json(items)) as line
{%- endmacro %}

{% macro spark__order_lines(relation, columns) -%}
    select
        {{ columns | join(", ") }},
        line_offset + 1 as line_number,
        item.product_id,
        item.quantity,
        item.unit_price
    from {{ relation }}
    lateral view posexplode(
        from_json(items, 'array<struct<product_id: string, quantity: decimal(18, 4), unit_price: decimal(18, 4)>>')
    ) as line_offset, item
{%- endmacro %}

{#-
One row per refund in the JSON text in `refunds`: the given columns and refund_number, amount, listed_at (null where the
refund has no time).
-#}
{% macro order_refunds(relation, columns) -%}
    {{ return(adapter.dispatch("order_refunds")(relation, columns)) }}
{%- endmacro %}

{% macro default__order_refunds(relation, columns) -%}
    select
        {{ columns | join(", ") }},
        cast(listed.refund_number as integer) as refund_number,
        cast(listed.refund ->> 'amount' as numeric(18, 4)) as amount,
        cast(listed.refund ->> 'refunded_at' as timestamp) as listed_at
    from {{ relation }}
    cross join lateral jsonb_array_elements(cast(refunds as jsonb)) with ordinality as listed (refund, refund_number)
{%- endmacro %}

{% macro duckdb__order_refunds(relation, columns) -%}
    select
        {{ columns | join(", ") }},
        refund_number,
        listed.amount as amount,
        listed.refunded_at as listed_at
    from (
        select
            {{ columns | join(", ") }},
            unnest(listed) as listed,
            cast(unnest(range(1, len(listed) + 1)) as integer) as refund_number
        from (
            select
                {{ columns | join(", ") }},
                from_json(refunds, '[{"amount": "DECIMAL(18,4)", "refunded_at": "TIMESTAMP"}]') as listed
            from {{ relation }}
        )
    )
{%- endmacro %}

{% macro bigquery__order_refunds(relation, columns) -%}
    select
        {{ columns | join(", ") }},
        listed_offset + 1 as refund_number,
        cast(json_value(refund, '$.amount') as numeric) as amount,
        cast(json_value(refund, '$.refunded_at') as timestamp) as listed_at
    from {{ relation }}
    cross join unnest(json_query_array(refunds)) as refund with offset as listed_offset
{%- endmacro %}

{% macro snowflake__order_refunds(relation, columns) -%}
    select
        {{ columns | join(", ") }},
        listed.index + 1 as refund_number,
        listed.value:amount::numeric(18, 4) as amount,
        listed.value:refunded_at::timestamp as listed_at
    from {{ relation }}
    cross join lateral flatten(input => parse_json(refunds)) as listed
{%- endmacro %}

{% macro spark__order_refunds(relation, columns) -%}
    select
        {{ columns | join(", ") }},
        listed_offset + 1 as refund_number,
        refund.amount,
        refund.refunded_at as listed_at
    from {{ relation }}
    lateral view posexplode(
        from_json(refunds, 'array<struct<amount: decimal(18, 4), refunded_at: timestamp>>')
    ) as listed_offset, refund
{%- endmacro %}
