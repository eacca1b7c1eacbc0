{{ config(meta={"partitioned": true, "date_column": "order_date"}) }}

with

orders as (
    select * from {{ ref("fct_orders") }}
    where is_sale and user_key is not null and {{ rebuilt("order_date") }}
),

final as (
    select
        user_key,
        user_id,

        order_date,

        currency,

        count(*) as orders,
        cast(sum(gross_revenue) as {{ type_money() }}) as gross_revenue,
        cast(sum(discount) as {{ type_money() }}) as discount,
        cast(sum(refund) as {{ type_money() }}) as refund,
        cast(sum(net_revenue) as {{ type_money() }}) as net_revenue
    from orders
    group by user_key, user_id, order_date, currency
)

select * from final
