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

-- The session of an order: the order has its session id, or its events have the order's id. Only events of people up to
-- the time of the order count.
sessions as (
    select
        orders.order_key,
        {{ latest("events.session_key", "events.event_at", "events.event_key") }} as session_key,
        {{ earliest("events.channel", "events.event_at", "events.event_key") }} as channel
    from orders
    inner join {{ ref("fct_events") }} as events
        on
            events.user_key = orders.user_key
            and events.event_date = orders.order_date
            and (events.session_id = orders.session_id or events.order_id = orders.order_id)
            and events.event_at <= orders.order_at
            and not events.is_bot
    where {{ rebuilt("events.event_date") }}
    group by orders.order_key
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
