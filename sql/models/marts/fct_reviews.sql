{{ config(meta={"partitioned": true, "date_column": "review_date"}) }}

with

reviews as (
    select * from {{ ref("stg_reviews") }}
    where {{ rebuilt("review_date") }}
),

final as (
    select
        review_key,
        review_id,
        user_id,
        user_key,
        product_id,
        product_key,
        order_id,

        review_at,
        review_date,
        updated_at,

        title,
        body,

        rating,

        is_late
    from reviews
)

select * from final
