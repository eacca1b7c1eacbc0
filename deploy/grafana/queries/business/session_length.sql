-- Session length
-- Mean and median duration of the visits that started each day (metrics.daily_engagement). A mean far above the median
-- means a few very long visits.
select
    activity_date as "time",
    mean_session_seconds as mean,
    median_session_seconds as median
from metrics.daily_engagement
where $__timeFilter(activity_date)
order by activity_date
