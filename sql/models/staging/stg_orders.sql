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
        {{ order_refunded_at() }} as refunded_at,
        {{ reporting_date(order_refunded_at()) }} as refund_date,

        status,
        payment_method,
        currency,
        channel,
        country,
        device,
        revenue,
        coalesce(discount, 0) as discount,
        coalesce(tax, 0) as tax,
        coalesce(shipping, 0) as shipping,
        refund,
        items,
        {{ order_is_sale() }} as is_sale,
        cast(order_at as date) < landing_date as is_late,
        properties,

        landing_date as _landing_date,
        _source_file,
        _file_sha256,
        _row_number
    from orders
)

select * from final
