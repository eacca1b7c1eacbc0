-- Revenue by channel
-- Revenue of each marketing channel, booked in this range, per currency (metrics.daily_revenue). To compare channels
-- over currencies, use the reporting currency; its amounts are empty if an exchange rate is unknown.
select
    channel as "channel",
    currency as "currency",
    sum(units) as "units",
    sum(gross_revenue) as "gross revenue",
    sum(discount) as "discount",
    sum(refund) as "refund",
    sum(net_revenue) as "net revenue",
    case when count(*) = count(net_revenue_reporting) then sum(net_revenue_reporting) end as "net, reporting currency"
from metrics.daily_revenue
where
    $__timeFilter(revenue_date)
    and currency = any(array[${currency:sqlstring}]::text[])
group by channel, currency
order by 8 desc nulls last, 7 desc
