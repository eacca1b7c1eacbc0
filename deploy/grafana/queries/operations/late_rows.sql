-- Late rows
-- Accepted rows whose UTC day is before the day that they landed on (audit.landed_files). Their days are rebuilt; if
-- there are many, yesterday's figures still change.
select
    landing_date as "time",
    source as metric,
    sum(rows_late) as rows_late
from audit.landed_files
where
    $__timeFilter(landing_date)
    and source = any(array[${source:sqlstring}]::text[])
group by landing_date, source
order by landing_date, source
