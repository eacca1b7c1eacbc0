-- Top products by units
-- The ten products with the most units sold in this range (metrics.product_performance).
select
    coalesce(products.name, activity.product_id) as "product",
    sum(activity.units) as "units"
from metrics.product_performance as activity
left join marts.dim_products as products on products.product_key = activity.product_key and products.is_current
where
    $__timeFilter(activity.activity_date)
    and activity.currency = any(array[${currency:sqlstring}]::text[])
group by activity.product_key, 1
having sum(activity.units) > 0
order by 2 desc
limit 10
