{{ config(replaces="replaces_rebuilt_users") }}

with

items as (
    select * from {{ ref("fct_order_items") }}
    where is_sale and user_key in ({{ rebuilt_users() }})
),

final as (
    select
        user_key,
        user_id,
        product_key,
        product_id,

        min(order_date) as first_order_date,
        max(order_date) as last_order_date,

        currency,

        count(distinct order_key) as orders,
        cast(sum(quantity) as bigint) as units,
        cast(sum(gross_revenue) as {{ type_money() }}) as gross_revenue,
        cast(sum(discount) as {{ type_money() }}) as discount,
        cast(sum(refund) as {{ type_money() }}) as refund,
        cast(sum(net_revenue) as {{ type_money() }}) as net_revenue
    from items
    group by user_key, user_id, product_key, product_id, currency
)

select * from final
