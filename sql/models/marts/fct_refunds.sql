{{ config(meta={"partitioned": true, "date_column": "order_date"}) }}

with

refunds as (
    select * from {{ ref("int_order_item_refunds") }}
    where {{ rebuilt("order_date") }}
),

lines as (
    select * from {{ ref("fct_order_items") }}
    where {{ rebuilt("order_date") }}
),

orders as (
    select order_key, payment_method from {{ ref("fct_orders") }}
    where {{ rebuilt("order_date") }}
),

final as (
    select
        {{ surrogate_key(["refunds.order_item_key", "refunds.refund_number"]) }} as refund_key,
        refunds.order_item_key,
        refunds.order_key,
        lines.order_id,
        lines.line_number,
        refunds.refund_number,
        lines.user_id,
        lines.user_key,
        lines.product_id,
        lines.product_key,
        lines.product_version_key,

        refunds.order_date,
        refunds.refunded_at,
        refunds.refund_date,

        lines.category,
        lines.status,
        orders.payment_method,
        lines.currency,
        lines.channel,

        refunds.refund,
        refunds.returned_quantity,

        lines.is_counted
    from refunds
    inner join lines on lines.order_item_key = refunds.order_item_key
    inner join orders on orders.order_key = refunds.order_key
)

select * from final
