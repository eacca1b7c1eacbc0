{{ config(meta={"partitioned": true, "date_column": "order_date"}) }}

with

orders as (
    select * from {{ ref("int_orders") }}
    where {{ rebuilt("order_date") }}
),

records as (
    select order_key, order_id, items from {{ ref("stg_orders") }}
    where items is not null and {{ rebuilt("order_date") }}
),

recorded as (
    {{ order_lines("records", ["order_key", "order_id"]) }}
),

{% set no_amount, no_time = "cast(null as numeric(18, 4))", "cast(null as timestamp)" -%}
every_line as (
    select
        {{ surrogate_key(["order_id", "line_number"]) }} as order_item_key,
        order_key, 1 as part, line_number as number_in_part, '' as line_ref, product_id, quantity, unit_price,
        {{ no_amount }} as amount, {{ no_amount }} as discount, {{ no_time }} as line_at
    from recorded
    union all
    select
        {{ surrogate_key(["order_id", "1"]) }} as order_item_key,
        order_key, 1 as part, 1 as number_in_part, '' as line_ref, {{ no_product() }} as product_id,
        case when line_source = 'total' then 1 else 0 end as quantity, coalesce(revenue, 0) as unit_price,
        {{ no_amount }} as amount, {{ no_amount }} as discount, {{ no_time }} as line_at
    from orders
    where line_source in ('total', 'nothing')
    union all
    select
        delivered.order_item_key,
        delivered.order_key, 2 as part, case when delivered.is_return then 2 else 1 end as number_in_part,
        delivered.line_ref, delivered.product_id, delivered.quantity, delivered.unit_price,
        delivered.amount, delivered.discount, delivered.order_at as line_at
    from {{ ref("stg_order_items") }} as delivered
    inner join orders on orders.order_key = delivered.order_key
    where delivered.is_return or orders.line_source = 'order_items'
),

valued as (
    select
        every_line.*,
        orders.order_id,
        orders.order_date,
        coalesce(every_line.line_at, orders.refunded_at, orders.order_at) as returned_at,
        {{ line_is_return() }} as is_return,
        row_number() over (
            partition by every_line.order_key
            order by every_line.part, every_line.number_in_part, every_line.line_at, every_line.line_ref
        ) as line_number,
        abs(
            cast(coalesce(every_line.amount, every_line.quantity * every_line.unit_price) as {{ type_money() }})
        ) as line_value,
        abs(cast(coalesce(every_line.discount, 0) as {{ type_money() }})) as line_discount
    from every_line
    inner join orders on orders.order_key = every_line.order_key
),

final as (
    select
        order_item_key,
        order_key,
        order_id,
        cast(line_number as integer) as line_number,
        product_id,
        {{ surrogate_key(["product_id"]) }} as product_key,

        order_date,
        case when is_return then returned_at end as returned_at,

        cast(case when is_return then 0 else quantity end as {{ type_quantity() }}) as quantity,
        cast(greatest(-quantity, 0) as {{ type_quantity() }}) as returned_quantity,
        {{ price_of_one_unit() }} as unit_price,
        {% for name, amount in (
            ("gross_revenue", "case when is_return then 0 else line_value end"),
            ("discount", "case when is_return then 0 else line_discount end"),
            ("returned_amount", "case when is_return then greatest(line_value - line_discount, 0) else 0 end"),
        ) -%}
        cast({{ amount }} as {{ type_money() }}) as {{ name }},
        {% endfor %}

        is_return
    from valued
)

select
    *,
    -- The value of the order's lines up to this one, of those before it and of all, by which amounts are allocated.
    cast(sum(gross_revenue) over so_far as {{ type_money() }}) as value_so_far,
    cast(sum(gross_revenue) over so_far - gross_revenue as {{ type_money() }}) as value_before,
    cast(sum(gross_revenue) over (partition by order_key) as {{ type_money() }}) as value_in_all,
    row_number() over (
        partition by order_key order by case when is_return then 1 else 0 end, line_number desc
    ) = 1 as is_last
from final
window so_far as (
    partition by order_key order by case when is_return then 0 else 1 end, line_number rows unbounded preceding
)
