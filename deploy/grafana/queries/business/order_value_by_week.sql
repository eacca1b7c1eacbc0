-- Average order value by week
-- Gross revenue less discounts per order that counts as a sale, for weeks that begin in this range, per currency
-- (metrics.payment_summary).
select
    dates.week_start_date as "time",
    payments.currency as metric,
    sum(payments.gross_revenue - payments.discount) / nullif(sum(payments.successful_orders), 0) as order_value
from metrics.payment_summary as payments
join marts.dim_dates as dates on dates.date_day = payments.revenue_date
where
    $__timeFilter(dates.week_start_date)
    and payments.currency = any(array[${currency:sqlstring}]::text[])
group by 1, 2
order by 1, 2
