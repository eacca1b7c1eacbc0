-- Net revenue
-- Gross less discounts less refunds, booked in this range, in the reporting currency (metrics.daily_revenue). Empty
-- if the exchange rate of any amount is unknown: then see the panels by currency.
select
    reporting_currency as "currency",
    case when count(*) = count(net_revenue_reporting) then sum(net_revenue_reporting) end as "net revenue"
from metrics.daily_revenue
where
    $__timeFilter(revenue_date)
    and currency = any(array[${currency:sqlstring}]::text[])
group by reporting_currency
