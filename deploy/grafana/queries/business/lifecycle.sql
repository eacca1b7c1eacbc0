-- Lifecycle of users by ${period}
-- Where each period's users come from, and below zero how many of the period before stayed away
-- (metrics.user_lifecycle). Resurrected users had skipped at least one period. Periods that are not over are left out.
select
    period_start_date as "time",
    new_users as "new",
    returning_users as "returning",
    resurrected_users as "resurrected",
    -dormant_users as "dormant"
from metrics.user_lifecycle
where
    period = ${period:sqlstring}
    and active_users is not null
    and $__timeFilter(period_start_date)
order by period_start_date
