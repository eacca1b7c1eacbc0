-- Sessions and bounces
-- Visits that started each day, and the share of them with exactly one page view (metrics.daily_engagement). Bots are
-- left out.
select
    activity_date as "time",
    sessions,
    bounce_rate as "bounce rate"
from metrics.daily_engagement
where $__timeFilter(activity_date)
order by activity_date
