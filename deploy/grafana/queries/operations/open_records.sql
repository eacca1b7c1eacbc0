-- Open in quarantine
-- Rejected records of the chosen sources that are open now, whatever the range (audit.bad_records, state open).
select count(*) as "open records"
from audit.bad_records
where
    state = 'open'
    and source = any(array[${source:sqlstring}]::text[])
