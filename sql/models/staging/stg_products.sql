{{ config(meta={"partitioned": true, "date_column": "updated_date"}) }}

with

products as (
    select * from {{ staged_rows("products") }} as staged
),

final as (
    select
        {{ record_key("products") }} as product_version_key,
        {{ surrogate_key(["product_id"]) }} as product_key,
        product_id,

        updated_at,
        event_date as updated_date,

        name,
        category,
        subcategory,
        brand,
        price,
        currency,
        coalesce(is_active, true) as is_active,
        properties,

        landing_date as _landing_date,
        _source_file,
        _file_sha256,
        _row_number
    from products
)

select * from final
