-- Rows accepted
-- Share of the rows landed in this range that follow their contract (audit.landed_files); the others are in quarantine.
select
    cast(sum(rows_accepted) as double precision) / nullif(sum(rows_landed), 0) as "rows accepted"
from audit.landed_files
where
    $__timeFilter(landing_date)
    and source = any(array[${source:sqlstring}]::text[])
