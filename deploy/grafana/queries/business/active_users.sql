-- Active users
-- The latest day of the range with an event: users of the day, of the 7 and of the 30 days that end with it
-- (metrics.daily_engagement). Bots are left out.
select
    dau as "day",
    wau as "7 days",
    mau as "30 days"
from metrics.daily_engagement
where $__timeFilter(activity_date)
order by activity_date desc
limit 1
