-- Daily, weekly and monthly active users
-- Distinct users with an event that day, and in the 7 and 30 days that end with it (metrics.daily_engagement). Bots
-- are left out.
select
    activity_date as "time",
    dau as "day",
    wau as "7 days",
    mau as "30 days"
from metrics.daily_engagement
where $__timeFilter(activity_date)
order by activity_date
