-- Orders by week
-- Orders that count as sales, for weeks that begin in this range, by the currency that they were paid in
-- (metrics.payment_summary).
select
    dates.week_start_date as "time",
    payments.currency as metric,
    sum(payments.successful_orders) as orders
from metrics.payment_summary as payments
join marts.dim_dates as dates on dates.date_day = payments.revenue_date
where
    $__timeFilter(dates.week_start_date)
    and payments.currency = any(array[${currency:sqlstring}]::text[])
group by 1, 2
order by 1, 2
