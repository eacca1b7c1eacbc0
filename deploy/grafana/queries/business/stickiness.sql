-- Stickiness
-- Daily users as a share of monthly users (metrics.daily_engagement): how many of the month's users come on a given
-- day.
select
    activity_date as "time",
    stickiness
from metrics.daily_engagement
where $__timeFilter(activity_date)
order by activity_date
