-- Conversion by step
-- Conversion rates from step to step. Users who may still reach a step, because their window is open, are excluded
-- (metrics.funnel). Mean times cover all users of the range; the typical time is the median of the daily medians.
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
    -- Users open at the previous step are also open here; the other open users have reached the previous step.
    cast(reached_users as double precision) / nullif(
        lag(reached_users) over (order by step) - open_users + lag(open_users) over (order by step), 0
    ) as "of the step before",
    mean_seconds as "mean time",
    typical_seconds as "typical time"
from steps
order by step
