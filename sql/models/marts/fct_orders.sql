{{ config(replaces="replaces_attributed_orders", meta={"partitioned": true, "date_column": "order_date"}) }}

{#- This model is read only in incremental runs, but must always be built before this one. -#}
{%- do ref("rebuilt_users") -%}

with

orders as (
    select * from {{ ref("int_orders") }}
    where {{ rebuilt("order_date") }}
),

lines as (
    select
        order_key,
        count(*) as line_count,
        sum(quantity) as units,
        sum(returned_quantity) as returned_units,
        sum(gross_revenue) as gross_revenue,
        min(case when is_return then 1 else 0 end) = 1 as is_return
    from {{ ref("int_order_lines") }}
    where {{ rebuilt("order_date") }}
    group by order_key
),

refunds as (
    select order_key, sum(refund) as refund, max(refunded_at) as last_refunded_at
    from {{ ref("int_order_item_refunds") }}
    where {{ rebuilt("order_date") }}
    group by order_key
),

found_sessions as (
    select
        orders.order_key,
        {{ latest("events.session_key", "events.event_at", "events.event_key") }} as session_key
    from orders
    inner join {{ ref("fct_events") }} as events on {{ leads_to_order("events", "orders") }}
    where not events.is_bot and {{ rebuilt("events.event_date", before=session_reach_days()) }}
    group by orders.order_key
),

sessions as (
    select found_sessions.order_key, sessions.session_key, sessions.channel
    from found_sessions
    inner join {{ ref("fct_sessions") }} as sessions on sessions.session_key = found_sessions.session_key
    where {{ rebuilt("sessions.session_date", before=2 * session_reach_days()) }}
),

amounts as (
    select
        orders.*,
        sessions.session_key,
        sessions.channel as session_channel,
        lines.line_count,
        lines.units,
        lines.returned_units,
        lines.gross_revenue,
        lines.is_return,
        refunds.last_refunded_at,
        case when lines.is_return then 0 else orders.discount end as line_discount,
        coalesce(refunds.refund, 0) as refunded_amount
    from orders
    inner join lines on lines.order_key = orders.order_key
    left join sessions on sessions.order_key = orders.order_key
    left join refunds on refunds.order_key = orders.order_key
),

built as (
    select
        order_key,
        order_id,
        user_id,
        user_key,
        session_key,
        case when payment_method is not null then {{ surrogate_key(["payment_method"]) }} end as payment_method_key,

        order_at,
        order_date,
        updated_at,
        last_refunded_at as refunded_at,
        {{ reporting_date("last_refunded_at") }} as refund_date,

        status,
        payment_method,
        currency,
        coalesce(channel, session_channel, 'Unassigned') as channel,
        country,
        device,

        cast(line_count as integer) as line_count,
        unused_line_count,
        line_source,
        cast(units as {{ type_money() }}) as units,
        cast(returned_units as {{ type_money() }}) as returned_units,
        cast(gross_revenue as {{ type_money() }}) as gross_revenue,
        cast(line_discount as {{ type_money() }}) as discount,
        cast(tax as {{ type_money() }}) as tax,
        cast(shipping as {{ type_money() }}) as shipping,
        cast(tip as {{ type_money() }}) as tip,
        cast(refunded_amount as {{ type_money() }}) as refund,
        cast(
            case when is_counted then gross_revenue - line_discount - refunded_amount else 0 end as {{ type_money() }}
        ) as net_revenue,
        revenue as received_revenue,

        is_counted and not is_return as is_sale,
        is_return,
        is_counted,
        refunded_amount > 0 as is_refunded,
        is_late
    from amounts
),

final as (
    {{ attributed_orders("built") }}
)

select * from final
