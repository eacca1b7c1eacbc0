{{ config(meta={"partitioned": true, "date_column": "activity_date"}) }}

{%- set grain = ["activity_date", "product_key", "product_id", "currency"] | join(", ") %}
{%- set items = booked_movements(ref("fct_order_items"), ["product_key", "product_id", "currency"], units="quantity") %}

with

sales as (
    select
        revenue_date as activity_date, product_key, product_id, currency,
        count(distinct order_key) as orders,
        sum(units) as units,
        sum(returned_units) as returned_units,
        sum(gross_revenue) as gross_revenue,
        sum(discount) as discount,
        sum(refund) as refund
    from {{ items }} as movements
    group by revenue_date, product_key, product_id, currency
),

carriers as (
    select * from {{ carriers("sales", "activity_date, product_key") }} as carriers
),

activity as (
    select
        product_days.activity_date,
        product_days.product_key,
        product_days.product_id,
        coalesce(carriers.currency, {{ setting_default_currency() }}) as currency,
        product_days.view_count,
        product_days.cart_count,
        product_days.purchase_count,
        product_days.review_count,
        product_days.rating_sum,
        product_days.bot_event_count
    from {{ ref("int_product_days") }} as product_days
    left join carriers
        on
            carriers.activity_date = product_days.activity_date
            and carriers.product_key = product_days.product_key
    where
        {{ rebuilt("product_days.activity_date") }}
        and product_days.event_count + product_days.bot_event_count + product_days.review_count > 0
),

totals as (
    select
        {{ grain }},
        sum(view_count) as view_count,
        sum(cart_count) as cart_count,
        sum(purchase_count) as purchase_count,
        sum(review_count) as review_count,
        sum(rating_sum) as rating_sum,
        sum(bot_event_count) as bot_event_count,
        sum(orders) as orders,
        sum(units) as units,
        sum(returned_units) as returned_units,
        sum(gross_revenue) as gross_revenue,
        sum(discount) as discount,
        sum(refund) as refund
    from (
        select
            {{ grain }}, view_count, cart_count, purchase_count, review_count, rating_sum, bot_event_count,
            0 as orders, 0 as units, 0 as returned_units, 0 as gross_revenue, 0 as discount, 0 as refund
        from activity
        union all
        select
            {{ grain }}, 0 as view_count, 0 as cart_count, 0 as purchase_count, 0 as review_count, 0 as rating_sum,
            0 as bot_event_count,
            orders, units, returned_units, gross_revenue, discount, refund
        from sales
    ) as parts
    group by {{ grain }}
),

final as (
    select
        totals.activity_date,
        totals.product_key,
        totals.product_id,
        totals.currency,
        {{ setting_reporting_currency() }} as reporting_currency,

        cast(totals.view_count as bigint) as views,
        cast(totals.cart_count as bigint) as carts,
        cast(totals.purchase_count as bigint) as purchases,
        {{ ratio("totals.cart_count", "totals.view_count") }} as view_to_cart_rate,
        {{ ratio("totals.purchase_count", "totals.cart_count") }} as cart_to_purchase_rate,

        cast(totals.orders as bigint) as orders,
        cast(totals.units as {{ type_money() }}) as units,
        cast(totals.returned_units as {{ type_money() }}) as returned_units,
        {{ revenue_amounts("totals", "rates") }},

        cast(totals.review_count as bigint) as review_count,
        {{ ratio("totals.rating_sum", "totals.review_count") }} as mean_rating,
        cast(totals.bot_event_count as bigint) as bot_events
    from totals
    left join {{ reporting_rates() }} as rates
        on {{ is_rate_of_day("rates", "totals.currency", "totals.activity_date") }}
)

select * from final
