-- Top products by views
-- The ten products with the most views in this range, without bots (metrics.product_performance). Views have no
-- currency.
select
    coalesce(products.name, activity.product_id) as "product",
    sum(activity.views) as "views"
from metrics.product_performance as activity
left join marts.dim_products as products on products.product_key = activity.product_key and products.is_current
where
    $__timeFilter(activity.activity_date)
group by activity.product_key, 1
having sum(activity.views) > 0
order by 2 desc
limit 10
