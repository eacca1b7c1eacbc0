-- Lifecycle of users by ${period}
-- Each period's users, by lifecycle state, and below zero the users of the previous period who did not return
-- (metrics.user_lifecycle). Resurrected users skipped at least one period. Periods that are not over are excluded.
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
