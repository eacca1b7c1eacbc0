-- Late rows
-- Accepted rows about a UTC day before the day that they landed on (audit.landed_files). Their days are rebuilt; many
-- of them mean that yesterday's figures still move.
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
