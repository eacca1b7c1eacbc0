{{ config(replaces="replaces_all_rows", meta={"written_whole": true}) }}

with

reviews as (
    select * from {{ ref("fct_reviews") }}
),

final as (
    select
        product_key,
        product_id,

        min(review_date) as first_review_date,
        max(review_date) as last_review_date,

        count(*) as reviews,
        {{ ratio("sum(rating)", "count(*)") }} as mean_rating,
        cast(sum(case when rating = 1 then 1 else 0 end) as bigint) as rating_1_count,
        cast(sum(case when rating = 2 then 1 else 0 end) as bigint) as rating_2_count,
        cast(sum(case when rating = 3 then 1 else 0 end) as bigint) as rating_3_count,
        cast(sum(case when rating = 4 then 1 else 0 end) as bigint) as rating_4_count,
        cast(sum(case when rating = 5 then 1 else 0 end) as bigint) as rating_5_count
    from reviews
    group by product_key, product_id
)

select * from final
