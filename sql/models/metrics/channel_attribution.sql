{{ config(
    replaces="is_attribution_date",
    meta={"partitioned": true, "date_column": "order_date"},
) }}

{%- set grain = ["order_date", "attribution_model", "channel", "currency"] | join(", ") %}

with

orders as (
    select * from {{ ref("fct_orders") }}
    where is_counted and ({{ is_attribution_date() }})
),

attributed as (
    {% for column in attribution_columns() -%}
    select
        order_date,
        '{{ column | replace("_channel", "") }}' as attribution_model,
        {{ column }} as channel,
        currency,
        gross_revenue,
        discount,
        refund,
        is_sale
    from orders
    {{ "union all" if not loop.last }}
    {% endfor %}
),

totals as (
    select
        {{ grain }},
        cast(sum(case when is_sale then 1 else 0 end) as bigint) as orders,
        sum(gross_revenue) as gross_revenue,
        sum(discount) as discount,
        sum(refund) as refund
    from attributed
    group by {{ grain }}
),

final as (
    select
        totals.order_date,
        totals.attribution_model,
        totals.channel,
        totals.currency,
        {{ setting_reporting_currency() }} as reporting_currency,

        totals.orders,
        {{ revenue_amounts("totals", "rates") }}
    from totals
    left join {{ reporting_rates() }} as rates
        on {{ is_rate_of_day("rates", "totals.currency", "totals.order_date") }}
)

select * from final
