-- Rows accepted and quarantined
-- Rows that landed each day, accepted or quarantined (audit.landed_files). Together they are all landed rows: nothing
-- is dropped.
select
    landing_date as "time",
    sum(rows_accepted) as accepted,
    sum(rows_quarantined) as quarantined
from audit.landed_files
where
    $__timeFilter(landing_date)
    and source = any(array[${source:sqlstring}]::text[])
group by landing_date
order by landing_date
