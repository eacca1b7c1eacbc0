{{ config(meta={"partitioned": true, "date_column": "order_date"}) }}

with

orders as (
    select * from {{ ref("stg_orders") }}
    where {{ rebuilt("order_date") }}
),

lines as (
    select
        order_key,
        count(*) as line_count,
        sum(quantity) as units,
        sum(cast(quantity * unit_price as {{ type_money() }})) as gross_revenue
    from {{ ref("stg_order_items") }}
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
    select
        found_sessions.order_key,
        sessions.session_key,
        sessions.channel
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
        lines.gross_revenue,
        case
            when orders.refunded_at is null then 0
            when orders.refund is not null then orders.refund
            when {{ order_is("refunded in part") }} then 0
            else greatest(lines.gross_revenue - orders.discount, 0)
        end as refunded_amount
    from orders
    inner join lines on lines.order_key = orders.order_key
    left join sessions on sessions.order_key = orders.order_key
),

final as (
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
        refunded_at,
        refund_date,

        status,
        payment_method,
        currency,
        coalesce(channel, session_channel, 'Unassigned') as channel,
        country,
        device,

        cast(line_count as integer) as line_count,
        cast(units as bigint) as units,
        cast(gross_revenue as {{ type_money() }}) as gross_revenue,
        cast(discount as {{ type_money() }}) as discount,
        cast(tax as {{ type_money() }}) as tax,
        cast(shipping as {{ type_money() }}) as shipping,
        cast(refunded_amount as {{ type_money() }}) as refund,
        cast(
            case when is_sale then gross_revenue - discount - refunded_amount else 0 end as {{ type_money() }}
        ) as net_revenue,
        revenue as received_revenue,

        is_sale,
        refunded_amount > 0 as is_refunded,
        is_late
    from amounts
)

select * from final
