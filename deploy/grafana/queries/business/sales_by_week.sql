-- Net revenue by week
-- Gross less discounts less refunds of the weeks that begin in this range, each currency by itself
-- (metrics.payment_summary). The last week may not be over.
select
    dates.week_start_date as "time",
    payments.currency as metric,
    sum(payments.net_revenue) as net_revenue
from metrics.payment_summary as payments
join marts.dim_dates as dates on dates.date_day = payments.revenue_date
where
    $__timeFilter(dates.week_start_date)
    and payments.currency = any(array[${currency:sqlstring}]::text[])
group by 1, 2
order by 1, 2
