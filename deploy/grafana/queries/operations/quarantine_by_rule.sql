-- Quarantine by rule and state
-- Rejected records that landed in this range, by the rule that they broke and their state (audit.bad_records). A record
-- that broke two rules counts for both.
select
    records.source as "source",
    broken.rule as "rule",
    count(*) as "records",
    count(*) filter (where records.state = 'open') as "open",
    count(*) filter (where records.state = 'replayed') as "replayed",
    count(*) filter (where records.state = 'superseded') as "superseded",
    cast(max(records.landing_date) as text) as "last landed"
from audit.bad_records as records
cross join unnest(string_to_array(records.rules, ', ')) as broken(rule)
where
    $__timeFilter(records.landing_date)
    and records.source = any(array[${source:sqlstring}]::text[])
group by records.source, broken.rule
order by count(*) desc, records.source, broken.rule
