{{ config(meta={"partitioned": true, "date_column": "order_date"}) }}

with

orders as (
    select * from {{ ref("fct_orders") }}
    where is_counted and user_key is not null and {{ rebuilt("order_date") }}
),

final as (
    select
        user_key,
        user_id,

        order_date,

        currency,

        cast(sum(case when is_sale then 1 else 0 end) as bigint) as orders,
        cast(sum(gross_revenue) as {{ type_money() }}) as gross_revenue,
        cast(sum(discount) as {{ type_money() }}) as discount,
        cast(sum(refund) as {{ type_money() }}) as refund,
        cast(sum(net_revenue) as {{ type_money() }}) as net_revenue
    from orders
    group by user_key, user_id, order_date, currency
)

select * from final
