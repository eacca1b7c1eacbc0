-- Rejected records by rule
-- Rejected records per landing date, by the rule that they broke (audit.bad_records). A sudden increase indicates a
-- change at the sender; a record that broke two rules counts for both.
select
    records.landing_date as "time",
    broken.rule as metric,
    count(*) as records
from audit.bad_records as records
cross join unnest(string_to_array(records.rules, ', ')) as broken(rule)
where
    $__timeFilter(records.landing_date)
    and records.source = any(array[${source:sqlstring}]::text[])
group by records.landing_date, broken.rule
order by records.landing_date, broken.rule
