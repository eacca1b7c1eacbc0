-- Conversion by week of entry
-- Share of the users who entered in a week and got to each step (metrics.funnel), for the weeks that begin in this
-- range. Users who may still get there are left out.
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
