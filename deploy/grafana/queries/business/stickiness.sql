-- Stickiness
-- Daily active users divided by monthly active users (metrics.daily_engagement): the share of the month's users who are
-- active on a given day.
select
    activity_date as "time",
    stickiness
from metrics.daily_engagement
where $__timeFilter(activity_date)
order by activity_date
