-- Orders
-- Orders placed in this range that count as sales, not cancelled and not failed, over the chosen currencies
-- (metrics.payment_summary).
select coalesce(sum(successful_orders), 0) as "orders"
from metrics.payment_summary
where
    $__timeFilter(revenue_date)
    and currency = any(array[${currency:sqlstring}]::text[])
