-- Retention by <period>
-- Of the users of a cohort (a <period> that begins in this range), the share that was active so many <period>s later
-- (metrics.retention). The kind of cohort is chosen above; <period>s that are not over are empty.
select
    cast(cohort_start_date as text) as "cohort",
    max(cohort_users) as "users",
    max(retention_rate) filter (where age = 1) as "+1",
    max(retention_rate) filter (where age = 2) as "+2",
    max(retention_rate) filter (where age = 3) as "+3",
    max(retention_rate) filter (where age = 4) as "+4",
    max(retention_rate) filter (where age = 5) as "+5",
    max(retention_rate) filter (where age = 6) as "+6",
    max(retention_rate) filter (where age = 7) as "+7",
    max(retention_rate) filter (where age = 8) as "+8",
    max(retention_rate) filter (where age = 9) as "+9",
    max(retention_rate) filter (where age = 10) as "+10",
    max(retention_rate) filter (where age = 11) as "+11",
    max(retention_rate) filter (where age = 12) as "+12"
from metrics.retention
where
    period = '<period>'
    and cohort_type = ${cohort:sqlstring}
    and cohort_users > 0
    and $__timeFilter(cohort_start_date)
group by cohort_start_date
order by cohort_start_date
