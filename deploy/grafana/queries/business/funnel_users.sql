-- Users by step
-- Users who entered the funnel on a day of this range, by the steps they reached (metrics.funnel). A user who enters on
-- several days is counted on each.
select
    step || '. ' || max(event_types) as "step",
    sum(reached_users) as "users"
from metrics.funnel
where
    funnel = ${funnel:sqlstring}
    and $__timeFilter(entry_date)
group by step
order by step
