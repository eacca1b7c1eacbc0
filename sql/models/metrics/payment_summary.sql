{{ config(meta={"partitioned": true, "date_column": "revenue_date"}) }}

{%- set grain = ["revenue_date", "payment_method", "currency"] | join(", ") %}

with

orders as (
    select *, coalesce(payment_method, 'unknown') as known_payment_method
    from {{ ref("fct_orders") }}
),

placed as (
    select
        order_date as revenue_date,
        known_payment_method as payment_method,
        currency,
        count(*) as orders,
        sum(case when is_sale then 1 else 0 end) as successful_orders,
        sum(case when {{ order_is("failed") }} then 1 else 0 end) as failed_orders,
        sum(case when {{ order_is("cancelled") }} then 1 else 0 end) as cancelled_orders
    from orders
    where not is_return and {{ rebuilt("order_date") }}
    group by order_date, known_payment_method, currency
),

booked as (
    select
        revenue_date,
        coalesce(payment_method, 'unknown') as payment_method,
        currency,
        sum(units) as units,
        sum(gross_revenue) as gross_revenue,
        sum(discount) as discount,
        sum(refund) as refund
    from {{ booked_movements("orders", ["payment_method", "currency"], units="units") }} as movements
    group by revenue_date, coalesce(payment_method, 'unknown'), currency
),

-- On a day a payment method can have orders without revenue, or (with refunds) revenue without orders.
totals as (
    select
        {{ grain }},
        sum(orders) as orders,
        sum(successful_orders) as successful_orders,
        sum(failed_orders) as failed_orders,
        sum(cancelled_orders) as cancelled_orders,
        sum(units) as units,
        sum(gross_revenue) as gross_revenue,
        sum(discount) as discount,
        sum(refund) as refund
    from (
        select
            {{ grain }}, orders, successful_orders, failed_orders, cancelled_orders,
            0 as units, 0 as gross_revenue, 0 as discount, 0 as refund
        from placed
        union all
        select
            {{ grain }}, 0 as orders, 0 as successful_orders, 0 as failed_orders, 0 as cancelled_orders,
            units, gross_revenue, discount, refund
        from booked
    ) as parts
    group by {{ grain }}
),

final as (
    select
        totals.revenue_date,
        totals.payment_method,
        totals.currency,
        {{ setting_reporting_currency() }} as reporting_currency,

        cast(totals.orders as bigint) as orders,
        cast(totals.successful_orders as bigint) as successful_orders,
        cast(totals.failed_orders as bigint) as failed_orders,
        cast(totals.cancelled_orders as bigint) as cancelled_orders,
        case when totals.orders > 0 then {{ ratio("totals.orders", "sum(totals.orders) over day_and_currency") }} end
            as share_of_orders,
        {{ ratio("totals.successful_orders", "totals.orders") }} as success_rate,
        cast(totals.units as {{ type_money() }}) as units,
        {{ revenue_amounts("totals", "rates") }}
    from totals
    left join {{ reporting_rates() }} as rates
        on {{ is_rate_of_day("rates", "totals.currency", "totals.revenue_date") }}
    window day_and_currency as (partition by totals.revenue_date, totals.currency)
)

select * from final
