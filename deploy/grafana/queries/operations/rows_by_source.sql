-- Rows landed by source
-- Rows in the files that landed each day, rejected ones included (audit.landed_files). A gap is a day without files.
select
    landing_date as "time",
    source as metric,
    sum(rows_landed) as rows_landed
from audit.landed_files
where
    $__timeFilter(landing_date)
    and source = any(array[${source:sqlstring}]::text[])
group by landing_date, source
order by landing_date, source
