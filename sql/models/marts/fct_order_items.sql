{{ config(meta={"partitioned": true, "date_column": "order_date"}) }}

with

orders as (
    select * from {{ ref("fct_orders") }}
    where {{ rebuilt("order_date") }}
),

lines as (
    select
        *,
        cast(quantity * unit_price as {{ type_money() }}) as gross_revenue
    from {{ ref("stg_order_items") }}
    where {{ rebuilt("order_date") }}
),

-- An order's amounts are allocated to its lines in proportion to their value. Cumulative sums make the lines add up to
-- the order exactly.
shares as (
    select
        lines.*,
        sum(lines.gross_revenue) over so_far as value_so_far,
        sum(lines.gross_revenue) over so_far - lines.gross_revenue as value_before,
        sum(lines.gross_revenue) over (partition by lines.order_key) as value_in_all,
        lines.line_number = max(lines.line_number) over (partition by lines.order_key) as is_last
    from lines
    window so_far as (partition by lines.order_key order by lines.line_number rows unbounded preceding)
),

final as (
    select
        shares.order_item_key,
        shares.order_key,
        shares.order_id,
        shares.line_number,
        orders.user_id,
        orders.user_key,
        orders.session_key,
        shares.product_id,
        shares.product_key,
        coalesce(
            products.product_version_key, {{ surrogate_key(["shares.product_id", "'not in catalogue'"]) }}
        ) as product_version_key,

        orders.order_at,
        orders.order_date,
        orders.refund_date,

        coalesce(products.category, 'unknown') as category,
        orders.status,
        orders.currency,
        orders.channel,

        shares.quantity,
        shares.unit_price,
        shares.gross_revenue,
        {% for amount in ("discount", "tax", "shipping", "refund") -%}
        {{ share_of_order("orders." ~ amount) }} as {{ amount }},
        {% endfor -%}
        cast(
            case
                when orders.is_sale
                    then
                        shares.gross_revenue
                        - {{ share_of_order("orders.discount") }}
                        - {{ share_of_order("orders.refund") }}
                else 0
            end as {{ type_money() }}
        ) as net_revenue,

        orders.is_sale
    from shares
    inner join orders on orders.order_key = shares.order_key
    left join {{ ref("dim_products") }} as products
        on
            products.product_key = shares.product_key
            and orders.order_at >= products.valid_from
            and orders.order_at < coalesce(products.valid_to, cast('9999-12-31 00:00:00' as timestamp))
)

select * from final
