{{ config(replaces="replaces_rebuilt_users") }}

with

items as (
    select * from {{ ref("fct_order_items") }}
    where is_counted and user_key in ({{ rebuilt_users() }})
),

final as (
    select
        user_key,
        user_id,
        product_key,
        product_id,

        min(case when is_sale then order_date end) as first_order_date,
        max(case when is_sale then order_date end) as last_order_date,

        currency,

        count(distinct case when is_sale then order_key end) as orders,
        cast(sum(quantity) as {{ type_money() }}) as units,
        cast(sum(gross_revenue) as {{ type_money() }}) as gross_revenue,
        cast(sum(discount) as {{ type_money() }}) as discount,
        cast(sum(refund) as {{ type_money() }}) as refund,
        cast(sum(net_revenue) as {{ type_money() }}) as net_revenue
    from items
    group by user_key, user_id, product_key, product_id, currency
)

select * from final
