{{ config(replaces="replaces_all_rows", meta={"written_whole": true}) }}

with

-- Ages are counted up to the latest day in the warehouse, not up to the current time.
known_dates as (
    select max(known_date) as as_of_date
    from (
        select max(event_date) as known_date from {{ ref("int_user_days") }} where event_count > 0
        union all
        select max(order_date) as known_date from {{ ref("fct_orders") }}
    ) as last_dates
),

customers as (
    select
        user_key,
        user_id,
        currency,
        min(case when orders > 0 then order_date end) as first_order_date,
        max(case when orders > 0 then order_date end) as last_order_date,
        sum(orders) as orders,
        sum(case when orders > 0 then 1 else 0 end) - 1 as frequency,
        sum(gross_revenue) as gross_revenue,
        sum(discount) as discount,
        sum(refund) as refund,
        sum(net_revenue) as net_revenue,
        sum(case when orders > 0 then net_revenue end)
        - {{ earliest("case when orders > 0 then net_revenue end", "order_date", "user_key") }} as repeat_revenue
    from {{ ref("int_customer_days") }}
    group by user_key, user_id, currency
    having sum(orders) > 0
),

final as (
    select
        customers.user_key,
        customers.user_id,

        known_dates.as_of_date,
        customers.first_order_date,
        customers.last_order_date,

        customers.currency,

        cast(customers.orders as bigint) as orders,
        cast(customers.gross_revenue as {{ type_money() }}) as gross_revenue,
        cast(customers.discount as {{ type_money() }}) as discount,
        cast(customers.refund as {{ type_money() }}) as refund,
        cast(customers.net_revenue as {{ type_money() }}) as net_revenue,

        cast(customers.frequency as bigint) as frequency,
        {{ days_from("customers.first_order_date", "customers.last_order_date") }} as recency_days,
        {{ days_from("customers.first_order_date", "known_dates.as_of_date") }} as age_days,
        coalesce({{ ratio("customers.repeat_revenue", "customers.frequency") }}, 0) as mean_repeat_value,

        {{ quintile("customers.last_order_date", "customers.currency") }} as recency_score,
        {{ quintile("customers.frequency", "customers.currency") }} as frequency_score,
        {{ quintile("customers.net_revenue", "customers.currency") }} as monetary_score,

        customers.orders > 1 as is_repeat
    from customers
    cross join known_dates
)

select * from final
