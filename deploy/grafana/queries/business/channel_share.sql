-- Net revenue of channels
-- Net revenue of this range by marketing channel, in the reporting currency (metrics.daily_revenue). Empty for a
-- channel with an amount whose exchange rate is unknown.
select
    channel as "channel",
    case when count(*) = count(net_revenue_reporting) then sum(net_revenue_reporting) end as "net revenue"
from metrics.daily_revenue
where
    $__timeFilter(revenue_date)
    and currency = any(array[${currency:sqlstring}]::text[])
group by channel
order by 2 desc nulls last
