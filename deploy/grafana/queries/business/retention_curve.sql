-- Retention of all cohorts by ${period}
-- Of all users of the cohorts that begin in this range, the share that was active so many periods later. Cohorts that
-- are not old enough are excluded (metrics.retention).
select
    age || ' ' || ${period:sqlstring} || case age when 1 then ' later' else 's later' end as "age",
    cast(sum(retained_users) as double precision) / nullif(sum(cohort_users), 0) as "retention"
from metrics.retention
where
    period = ${period:sqlstring}
    and cohort_type = ${cohort:sqlstring}
    and age between 1 and 12
    and retained_users is not null
    and $__timeFilter(cohort_start_date)
group by age
order by age
