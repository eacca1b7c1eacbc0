{{ config(meta={"partitioned": true, "date_column": "order_date"}) }}

with

orders as (
    select * from {{ ref("stg_orders") }}
    where {{ rebuilt("order_date") }}
),

lines as (
    {{ order_lines("orders", ["order_key", "order_id", "order_date"]) }}
),

final as (
    select
        {{ surrogate_key(["order_id", "line_number"]) }} as order_item_key,
        order_key,
        order_id,
        line_number,
        product_id,
        {{ surrogate_key(["product_id"]) }} as product_key,

        order_date,

        quantity,
        unit_price
    from lines
)

select * from final
