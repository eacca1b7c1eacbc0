{{ config(meta={"partitioned": true, "date_column": "revenue_date"}) }}

{%- set grain = ["revenue_date", "category", "channel", "currency"] | join(", ") %}
{%- set items = booked_movements(ref("fct_order_items"), ["category", "channel", "currency"], units="quantity") %}

with

totals as (
    select
        {{ grain }},
        count(distinct order_key) as orders,
        sum(units) as units,
        sum(returned_units) as returned_units,
        sum(gross_revenue) as gross_revenue,
        sum(discount) as discount,
        sum(refund) as refund
    from {{ items }} as movements
    group by {{ grain }}
),

final as (
    select
        totals.revenue_date,
        totals.category,
        totals.channel,
        totals.currency,
        {{ setting_reporting_currency() }} as reporting_currency,

        totals.orders,
        cast(totals.units as {{ type_money() }}) as units,
        cast(totals.returned_units as {{ type_money() }}) as returned_units,
        {{ revenue_amounts("totals", "rates") }},
        {{ ratio("totals.gross_revenue - totals.discount", "totals.orders") }} as average_order_value
    from totals
    left join {{ reporting_rates() }} as rates
        on {{ is_rate_of_day("rates", "totals.currency", "totals.revenue_date") }}
)

select * from final
