-- Products
-- The 100 best-selling products of this range, by units (metrics.product_performance). Views, carts and ratings have
-- no currency; units and revenue are those of the chosen currencies, revenue in the reporting currency.
with activity as (
    select
        *,
        currency = any(array[${currency:sqlstring}]::text[]) as is_chosen
    from metrics.product_performance
    where $__timeFilter(activity_date)
)

select
    coalesce(products.name, activity.product_id) as "product",
    activity.product_id as "product id",
    max(products.category) as "category",
    sum(activity.views) as "views",
    sum(activity.carts) as "carts",
    coalesce(sum(activity.units) filter (where activity.is_chosen), 0) as "units",
    case
        when count(*) filter (where activity.is_chosen and activity.net_revenue_reporting is null) = 0
            then coalesce(sum(activity.net_revenue_reporting) filter (where activity.is_chosen), 0)
    end as "net revenue",
    cast(sum(activity.carts) as double precision) / nullif(sum(activity.views), 0) as "carts by view",
    sum(activity.mean_rating * activity.review_count) / nullif(sum(activity.review_count), 0) as "mean rating"
from activity
left join marts.dim_products as products on products.product_key = activity.product_key and products.is_current
group by activity.product_key, activity.product_id, 1
order by 6 desc, 4 desc
limit 100
