{{ config(meta={"partitioned": true, "date_column": "order_date"}) }}

with

orders as (
    select * from {{ ref("fct_orders") }}
    where {{ rebuilt("order_date") }}
),

shares as (
    select * from {{ ref("int_order_lines") }}
    where {{ rebuilt("order_date") }}
),

discounted as (
    select order_key, sum(discount) as discount
    from shares
    group by order_key
),

refunds as (
    select
        order_item_key,
        sum(refund) as refund,
        max(refund_date) as refund_date
    from {{ ref("int_order_item_refunds") }}
    where {{ rebuilt("order_date") }}
    group by order_item_key
),

-- A line keeps its own discount; the rest of the order's amounts is allocated to its lines by their value.
amounts as (
    select
        shares.*,
        refunds.refund_date,
        {% for amount in ("tax", "shipping") -%}
        {{ share_of_order("orders." ~ amount) }} as {{ amount }},
        {% endfor -%}
        case
            when discounted.discount <= orders.discount
                then shares.discount + {{ share_of_order("(orders.discount - discounted.discount)") }}
            else {{ share_of_order("orders.discount") }}
        end as line_discount,
        coalesce(refunds.refund, 0) as refund
    from shares
    inner join orders on orders.order_key = shares.order_key
    inner join discounted on discounted.order_key = shares.order_key
    left join refunds on refunds.order_item_key = shares.order_item_key
),

final as (
    select
        amounts.order_item_key,
        amounts.order_key,
        amounts.order_id,
        amounts.line_number,
        orders.user_id,
        orders.user_key,
        orders.session_key,
        amounts.product_id,
        amounts.product_key,
        coalesce(
            products.product_version_key, {{ surrogate_key(["amounts.product_id", "'not in catalogue'"]) }}
        ) as product_version_key,

        orders.order_at,
        orders.order_date,
        amounts.refund_date,

        coalesce(products.category, 'unknown') as category,
        orders.status,
        orders.currency,
        orders.channel,

        amounts.quantity,
        amounts.returned_quantity,
        amounts.unit_price,
        amounts.gross_revenue,
        cast(amounts.line_discount as {{ type_money() }}) as discount,
        amounts.tax,
        amounts.shipping,
        cast(amounts.refund as {{ type_money() }}) as refund,
        cast(
            case
                when orders.is_counted then amounts.gross_revenue - amounts.line_discount - amounts.refund
                else 0
            end as {{ type_money() }}
        ) as net_revenue,

        orders.is_counted and not amounts.is_return as is_sale,
        amounts.is_return,
        orders.is_counted
    from amounts
    inner join orders on orders.order_key = amounts.order_key
    left join {{ ref("dim_products") }} as products
        on
            products.product_key = amounts.product_key
            and orders.order_at >= products.valid_from
            and orders.order_at < coalesce(products.valid_to, cast('9999-12-31 00:00:00' as timestamp))
)

select * from final
