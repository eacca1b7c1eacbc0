{{ config(meta={"partitioned": true, "date_column": "review_date"}) }}

with

reviews as (
    select * from {{ staged_rows("reviews") }} as staged
),

final as (
    select
        {{ record_key("reviews") }} as review_key,
        review_id,
        user_id,
        {{ surrogate_key(["user_id"]) }} as user_key,
        product_id,
        {{ surrogate_key(["product_id"]) }} as product_key,
        order_id,

        review_at,
        event_date as review_date,
        updated_at,

        rating,
        title,
        body,
        cast(review_at as date) < landing_date as is_late,
        properties,

        landing_date as _landing_date,
        _source_file,
        _file_sha256,
        _row_number
    from reviews
)

select * from final
