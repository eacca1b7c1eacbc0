{{ config(meta={"partitioned": true, "date_column": "revenue_date"}) }}

{%- set grain = ["revenue_date", "category", "channel", "currency"] | join(", ") %}

with

sales as (
    select
        order_date as revenue_date, category, channel, currency, order_key,
        quantity as units,
        gross_revenue,
        discount,
        0 as refund
    from {{ ref("fct_order_items") }}
    where is_sale and {{ rebuilt("order_date") }}
),

-- A refund lowers the day on which it happens, once, whatever day the order is of.
refunds as (
    select
        refund_date as revenue_date, category, channel, currency,
        cast(null as bigint) as order_key,
        0 as units,
        0 as gross_revenue,
        0 as discount,
        refund
    from {{ ref("fct_order_items") }}
    where is_sale and {{ rebuilt("refund_date") }}
),

totals as (
    select
        {{ grain }},
        count(distinct order_key) as orders,
        sum(units) as units,
        sum(gross_revenue) as gross_revenue,
        sum(discount) as discount,
        sum(refund) as refund
    from (
        select * from sales
        union all
        select * from refunds
    ) as movements
    group by {{ grain }}
),

final as (
    select
        {{ grain }},

        orders,
        cast(units as bigint) as units,
        cast(gross_revenue as {{ type_money() }}) as gross_revenue,
        cast(discount as {{ type_money() }}) as discount,
        cast(refund as {{ type_money() }}) as refund,
        cast(gross_revenue - discount - refund as {{ type_money() }}) as net_revenue,
        {{ ratio("gross_revenue - discount", "orders") }} as average_order_value
    from totals
)

select * from final
