{{ config(meta={"partitioned": true, "date_column": "line_date"}) }}

with

lines as (
    select * from {{ staged_rows("order_items") }} as staged
),

final as (
    select
        {{ record_key("order_items") }} as order_item_key,
        {{ record_key("orders") }} as order_key,
        order_id,
        line_ref,
        line_id,
        product_id,
        user_id,
        {{ user_key_of_row() }} as user_key,
        session_id,

        order_at,
        dated_at,
        event_date as line_date,
        updated_at,
        refunded_at,

        status,
        payment_method,
        currency,
        channel,
        country,
        device,
        quantity,
        unit_price,
        amount,
        discount,
        tax,
        shipping,
        refund,
        order_total,
        order_discount,
        order_tax,
        order_shipping,
        {{ line_is_return() }} as is_return,
        cast(dated_at as date) < landing_date as is_late,
        properties,

        landing_date as _landing_date,
        _source_file,
        _file_sha256,
        _row_number
    from lines
)

select * from final
