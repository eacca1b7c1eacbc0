-- Conversion by week of entry
-- Of the users who entered in a week, the share that reached each step (metrics.funnel), for weeks that begin in this
-- range. Users who may still reach it are excluded.
select
    dates.week_start_date as "time",
    funnels.step || '. ' || funnels.event_types as metric,
    cast(sum(funnels.reached_users) as double precision)
        / nullif(sum(funnels.entered_users - funnels.open_users), 0) as conversion_rate
from metrics.funnel as funnels
join marts.dim_dates as dates on dates.date_day = funnels.entry_date
where
    funnels.funnel = ${funnel:sqlstring}
    and funnels.step > 1
    and $__timeFilter(dates.week_start_date)
group by 1, 2
order by 1, 2
