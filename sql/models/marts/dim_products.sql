{{ config(replaces="replaces_all_rows") }}

with

products as (
    select
        stg_products.*,
        lag(updated_at) over (partition by product_key order by updated_at) as previous_updated_at,
        lead(updated_at) over (partition by product_key order by updated_at) as next_updated_at
    from {{ ref("stg_products") }} as stg_products
),

unknown as (
    select distinct product_key, product_id
    from {{ ref("int_product_days") }}
    where product_key not in (select product_key from products)
),

final as (
    select
        product_version_key,
        product_key,
        product_id,

        -- The first known version also covers all earlier times, because nothing better is known about them.
        case
            when previous_updated_at is null then cast('1900-01-01 00:00:00' as timestamp)
            else updated_at
        end as valid_from,
        next_updated_at as valid_to,

        name,
        category,
        subcategory,
        brand,
        price,
        currency,

        is_active,
        next_updated_at is null as is_current,
        true as is_in_catalogue
    from products
    union all
    select
        {{ surrogate_key(["product_id", "'not in catalogue'"]) }} as product_version_key,
        product_key,
        product_id,
        cast('1900-01-01 00:00:00' as timestamp) as valid_from,
        null as valid_to,
        'unknown' as name,
        'unknown' as category,
        null as subcategory,
        null as brand,
        null as price,
        null as currency,
        true as is_active,
        true as is_current,
        false as is_in_catalogue
    from unknown
)

select * from final
