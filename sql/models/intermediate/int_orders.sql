{{ config(meta={"partitioned": true, "date_column": "order_date"}) }}

with

-- Orders with a record or a line on a rebuilt day. Their other lines may be of any day.
touched as (
    select order_key from {{ ref("stg_orders") }}
    where {{ rebuilt("order_date") }}
    union
    select order_key from {{ ref("stg_order_items") }}
    where {{ rebuilt("line_date") }}
),

records as (
    select * from {{ ref("stg_orders") }}
    where order_key in (select order_key from touched)
),

-- What the lines of an order say of it. An amount of the order may stand in each of its lines, those of lines add up.
by_lines as (
    select
        order_key,
        order_id,
        count(*) as line_count,
        sum(case when is_return then 0 else 1 end) as sold_line_count,
        min(dated_at) as order_at,
        max(updated_at) as updated_at,
        max(case when refund > 0 then coalesce(refunded_at, updated_at) end) as refunded_at,
        {% for column in (
            "user_id", "session_id", "status", "payment_method", "currency", "channel", "country", "device",
        ) -%}
        {{ latest(column, "updated_at", "order_item_key") }} as {{ column }},
        {% endfor -%}
        {{ latest("order_total", "updated_at", "order_item_key") }} as revenue,
        {% for amount in ("discount", "tax", "shipping") -%}
        coalesce(
            {{ latest("abs(order_" ~ amount ~ ")", "updated_at", "order_item_key") }},
            sum(case when not is_return then abs({{ amount }}) end)
        ) as {{ amount }},
        {% endfor -%}
        sum(refund) as refund,
        max(case when is_late then 1 else 0 end) = 1 as is_late
    from {{ ref("stg_order_items") }}
    where order_key in (select order_key from touched)
    group by order_key, order_id
),

orders as (
    select
        touched.order_key,
        records.order_key is not null as has_record,
        coalesce(records.order_id, by_lines.order_id) as order_id,
        coalesce(records.order_at, by_lines.order_at) as order_at,
        coalesce(records.updated_at, by_lines.updated_at) as updated_at,
        {% for column in (
            "user_id", "session_id", "payment_method", "channel", "country", "device", "revenue", "refund",
        ) -%}
        coalesce(records.{{ column }}, by_lines.{{ column }}) as {{ column }},
        {% endfor -%}
        coalesce(records.refunded_at, case when records.refund is null then by_lines.refunded_at end) as refunded_at,
        coalesce(records.status, by_lines.status, 'completed') as status,
        coalesce(records.currency, by_lines.currency, {{ setting_default_currency() }}) as currency,
        {% for amount in ("discount", "tax", "shipping") -%}
        cast(coalesce(records.{{ amount }}, by_lines.{{ amount }}, 0) as {{ type_money() }}) as {{ amount }},
        {% endfor -%}
        coalesce(records.tip, 0) as tip,
        records.refunds,
        {{ order_line_source("records", "by_lines") }} as line_source,
        cast(
            case when records.items is not null then coalesce(by_lines.sold_line_count, 0) else 0 end as integer
        ) as unused_line_count,
        coalesce(records.is_late, by_lines.is_late) as is_late
    from touched
    left join records on records.order_key = touched.order_key
    left join by_lines on by_lines.order_key = touched.order_key
),

dated as (
    select orders.*, {{ reporting_date("order_at") }} as order_date
    from orders
),

final as (
    select
        order_key,
        order_id,
        user_id,
        {{ user_key_of_row() }} as user_key,
        session_id,

        order_at,
        order_date,
        updated_at,
        refunded_at,

        status,
        payment_method,
        currency,
        channel,
        country,
        device,
        line_source,
        refunds,
        unused_line_count,
        revenue,
        discount,
        tax,
        shipping,
        tip,
        cast(refund as {{ type_money() }}) as refund,

        {{ order_is_counted() }} as is_counted,
        has_record,
        is_late
    from dated
    where {{ rebuilt("order_date") }}
)

select * from final
