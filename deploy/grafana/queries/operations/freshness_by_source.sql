-- Freshness by source
-- How recent each source's data is, whatever the range (audit.landed_files, landed_dates). The lag is the number
-- of hours since the end of the latest UTC day with accepted rows.
with landed as (
    select
        source,
        max(landing_date) as landing_date,
        max(loaded_at) as file_at
    from audit.landed_files
    group by source
),

reached as (
    select source, max(utc_date) as latest_date
    from audit.landed_dates
    where rows_accepted > 0
    group by source
)

select
    landed.source as "source",
    cast(reached.latest_date as text) as "latest event date",
    greatest(extract(epoch from now() at time zone 'utc' - (reached.latest_date + 1)) / 3600, 0) as "lag in hours",
    cast(landed.landing_date as text) as "last landing date",
    landed.file_at as "latest file of"
from landed
left join reached on reached.source = landed.source
where landed.source = any(array[${source:sqlstring}]::text[])
order by landed.source
