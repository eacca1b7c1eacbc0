-- Top products by revenue
-- The ten products with the most net revenue in this range, in the reporting currency (metrics.product_performance).
-- Products with an amount whose exchange rate is unknown are excluded.
select
    coalesce(products.name, activity.product_id) as "product",
    sum(activity.net_revenue_reporting) as "revenue"
from metrics.product_performance as activity
left join marts.dim_products as products on products.product_key = activity.product_key and products.is_current
where
    $__timeFilter(activity.activity_date)
    and activity.currency = any(array[${currency:sqlstring}]::text[])
group by activity.product_key, 1
having
    count(*) = count(activity.net_revenue_reporting)
    and sum(activity.net_revenue_reporting) > 0
order by 2 desc
limit 10
