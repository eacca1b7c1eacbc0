-- Average order value
-- Gross revenue less discounts per order that counts as a sale, per currency (metrics.payment_summary). Refunds do not
-- lower it.
select
    currency as "currency",
    sum(gross_revenue - discount) / nullif(sum(successful_orders), 0) as "average order value"
from metrics.payment_summary
where
    $__timeFilter(revenue_date)
    and currency = any(array[${currency:sqlstring}]::text[])
group by currency
order by currency
