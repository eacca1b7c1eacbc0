-- Conversion by step
-- Shares of the users who could get there: who may still, because the window is open, is left out (metrics.funnel).
-- Mean times are over all users of the range; the typical time is the median of the days' medians.
with steps as (
    select
        step,
        max(event_types) as event_types,
        sum(reached_users) as reached_users,
        sum(open_users) as open_users,
        cast(sum(reached_users) as double precision) / nullif(sum(entered_users - open_users), 0) as conversion_rate,
        sum(mean_seconds_from_previous * reached_users)
            / nullif(sum(reached_users) filter (where mean_seconds_from_previous is not null), 0) as mean_seconds,
        percentile_cont(0.5) within group (order by median_seconds_from_previous) as typical_seconds
    from metrics.funnel
    where
        funnel = ${funnel:sqlstring}
        and $__timeFilter(entry_date)
    group by step
)

select
    step as "step",
    event_types as "event types",
    reached_users as "users",
    open_users as "may still get here",
    conversion_rate as "of all who entered",
    -- Who is open at the step before is open here too, and the others of the open ones got there.
    cast(reached_users as double precision) / nullif(
        lag(reached_users) over (order by step) - open_users + lag(open_users) over (order by step), 0
    ) as "of the step before",
    mean_seconds as "mean time",
    typical_seconds as "typical time"
from steps
order by step
