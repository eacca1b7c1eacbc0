{{ config(meta={"partitioned": true, "date_column": "revenue_date"}) }}

{%- set grain = ["revenue_date", "category", "channel", "currency"] | join(", ") %}
{%- set items = booked_movements(ref("fct_order_items"), ["category", "channel", "currency"], units="quantity") %}

with

totals as (
    select
        {{ grain }},
        count(distinct order_key) as orders,
        sum(units) as units,
        sum(gross_revenue) as gross_revenue,
        sum(discount) as discount,
        sum(refund) as refund
    from {{ items }} as movements
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
