{{ config(meta={"partitioned": true, "date_column": "order_date"}) }}

with

orders as (
    select * from {{ ref("int_orders") }}
    where {{ rebuilt("order_date") }}
),

sums as (
    select
        order_key,
        order_date,
        sum(gross_revenue) as gross_revenue,
        sum(returned_amount) as returned_amount
    from {{ ref("int_order_lines") }}
    where {{ rebuilt("order_date") }}
    group by order_key, order_date
),

listed as (
    {{ order_refunds("orders", ["order_key", "updated_at"]) }}
),

-- The amount refunded so far, as of each refund of a list, or else as of each version of the order.
states as (
    select
        order_key,
        coalesce(listed_at, updated_at) as known_at,
        coalesce(listed_at, updated_at) as refunded_at,
        sum(amount) over (
            partition by order_key order by coalesce(listed_at, updated_at), refund_number rows unbounded preceding
        ) as refunded_so_far,
        refund_number as state_number
    from listed
    union all
    select
        orders.order_key,
        versions.updated_at as known_at,
        versions.refunded_at,
        {{ refunded_so_far("versions", "orders", "sums") }} as refunded_so_far,
        row_number() over (
            partition by orders.order_key
            order by versions.updated_at, versions.refund, versions.refunded_at, versions.status
        ) as state_number
    from orders
    inner join sums on sums.order_key = orders.order_key
    inner join {{ ref("int_order_versions") }} as versions
        on versions.order_key = orders.order_key and versions.updated_at < orders.updated_at
    where orders.has_record and orders.order_key not in (select order_key from listed)
    union all
    select
        orders.order_key,
        orders.updated_at as known_at,
        orders.refunded_at,
        {{ refunded_so_far("orders", "orders", "sums") }} as refunded_so_far,
        0 as state_number
    from orders
    inner join sums on sums.order_key = orders.order_key
    where orders.order_key not in (select order_key from listed)
),

-- What lines give back comes first: only the rest of a refund is allocated to the lines that were sold.
rests as (
    select
        states.order_key,
        sums.order_date,
        states.known_at,
        states.refunded_at,
        lag(states.refunded_at) over in_order as previous_refunded_at,
        greatest(states.refunded_so_far - sums.returned_amount, 0) as rest,
        coalesce(lag(greatest(states.refunded_so_far - sums.returned_amount, 0)) over in_order, 0) as previous_rest,
        row_number() over in_order as refund_number
    from states
    inner join sums on sums.order_key = states.order_key
    where states.refunded_so_far is not null
    window in_order as (partition by states.order_key order by states.known_at, states.state_number)
),

-- A later version that only adds to an amount is of its own time, so that what was said of an earlier day remains.
final as (
    select
        order_key,
        cast(refund_number as integer) as refund_number,

        order_date,
        case
            when refunded_at is null or previous_refunded_at = refunded_at then known_at
            else refunded_at
        end as refunded_at,

        cast(rest - previous_rest as {{ type_money() }}) as amount
    from rests
    where rest <> previous_rest
)

select * from final
