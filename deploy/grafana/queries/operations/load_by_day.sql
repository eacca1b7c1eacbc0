-- Load by source and day
-- Landed files and rows by source and landing date, newest first, at most 500 lines (audit.landed_files). A file that
-- cannot be read counts as one quarantined row.
select
    cast(landing_date as text) as "landing date",
    source as "source",
    count(*) as "files",
    sum(size_bytes) as "bytes",
    sum(rows_landed) as "landed",
    sum(rows_accepted) as "accepted",
    sum(rows_quarantined) as "quarantined",
    sum(rows_late) as "late",
    cast(sum(rows_accepted) as double precision) / nullif(sum(rows_landed), 0) as "share accepted"
from audit.landed_files
where
    $__timeFilter(landing_date)
    and source = any(array[${source:sqlstring}]::text[])
group by landing_date, source
order by landing_date desc, source
limit 500
