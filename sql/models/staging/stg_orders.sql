{{ config(meta={"partitioned": true, "date_column": "order_date"}) }}

with

orders as (
    select * from {{ staged_rows("orders") }} as staged
),

final as (
    select
        {{ record_key("orders") }} as order_key,
        order_id,
        user_id,
        {{ user_key_of_row() }} as user_key,
        session_id,

        order_at,
        event_date as order_date,
        updated_at,
        refunded_at,

        status,
        payment_method,
        currency,
        channel,
        country,
        device,
        revenue,
        discount,
        tax,
        shipping,
        tip,
        refund,
        refunds,
        items,
        cast(order_at as date) < landing_date as is_late,
        properties,

        landing_date as _landing_date,
        _source_file,
        _file_sha256,
        _row_number
    from orders
)

select * from final
