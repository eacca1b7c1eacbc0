-- Net revenue by <period>
-- Gross revenue less discounts and refunds, for <period>s that begin in this range, per currency
-- (metrics.payment_summary). The last <period> may not be over.
select
    dates.<period>_start_date as "time",
    payments.currency as metric,
    sum(payments.net_revenue) as net_revenue
from metrics.payment_summary as payments
join marts.dim_dates as dates on dates.date_day = payments.revenue_date
where
    $__timeFilter(dates.<period>_start_date)
    and payments.currency = any(array[${currency:sqlstring}]::text[])
group by 1, 2
order by 1, 2
