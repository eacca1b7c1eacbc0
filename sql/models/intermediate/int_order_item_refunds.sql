{{ config(meta={"partitioned": true, "date_column": "order_date"}) }}

with

shares as (
    select * from {{ ref("int_order_lines") }}
    where {{ rebuilt("order_date") }}
),

refunds as (
    select * from {{ ref("int_order_refunds") }}
    where {{ rebuilt("order_date") }}
),

given_back as (
    select
        shares.order_item_key,
        shares.order_key,
        refunds.refund_number,
        shares.order_date,
        refunds.refunded_at,
        {{ share_of_order("refunds.amount") }} as refund,
        0 as returned_quantity
    from refunds
    inner join shares on shares.order_key = refunds.order_key
    union all
    select
        order_item_key,
        order_key,
        0 as refund_number,
        order_date,
        returned_at as refunded_at,
        returned_amount as refund,
        returned_quantity
    from shares
    where is_return
),

final as (
    select
        order_item_key,
        order_key,
        refund_number,

        order_date,
        refunded_at,
        {{ reporting_date("refunded_at") }} as refund_date,

        cast(refund as {{ type_money() }}) as refund,
        cast(returned_quantity as {{ type_quantity() }}) as returned_quantity
    from given_back
    where refund <> 0 or returned_quantity <> 0
)

select * from final
