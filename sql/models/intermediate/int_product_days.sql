{{ config(meta={"partitioned": true, "date_column": "activity_date"}) }}

with

activity as (
    select
        product_id,
        event_date as activity_date,
        case when is_bot then 0 else 1 end as event_count,
        case when is_bot then 1 else 0 end as bot_event_count,
        case when not is_bot and event_type = 'product_view' then 1 else 0 end as view_count,
        case when not is_bot and event_type = 'add_to_cart' then 1 else 0 end as cart_count,
        case when not is_bot and event_type = 'purchase' then 1 else 0 end as purchase_count,
        0 as ordered_units,
        0 as review_count,
        0 as rating_sum
    from {{ ref("stg_events") }}
    where {{ rebuilt("event_date") }} and product_id is not null
    union all
    select
        product_id,
        order_date as activity_date,
        0 as event_count,
        0 as bot_event_count,
        0 as view_count,
        0 as cart_count,
        0 as purchase_count,
        quantity as ordered_units,
        0 as review_count,
        0 as rating_sum
    from {{ ref("int_order_lines") }}
    where {{ rebuilt("order_date") }}
    union all
    select
        product_id,
        review_date as activity_date,
        0 as event_count,
        0 as bot_event_count,
        0 as view_count,
        0 as cart_count,
        0 as purchase_count,
        0 as ordered_units,
        1 as review_count,
        rating as rating_sum
    from {{ ref("stg_reviews") }}
    where {{ rebuilt("review_date") }}
),

final as (
    select
        {{ surrogate_key(["product_id"]) }} as product_key,
        product_id,

        activity_date,

        cast(sum(event_count) as bigint) as event_count,
        cast(sum(bot_event_count) as bigint) as bot_event_count,
        cast(sum(view_count) as bigint) as view_count,
        cast(sum(cart_count) as bigint) as cart_count,
        cast(sum(purchase_count) as bigint) as purchase_count,
        cast(sum(ordered_units) as {{ type_money() }}) as ordered_units,
        cast(sum(review_count) as bigint) as review_count,
        cast(sum(rating_sum) as bigint) as rating_sum
    from activity
    group by product_id, activity_date
)

select * from final
