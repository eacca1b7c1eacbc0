-- Largest tables
-- The 25 tables that use the most space now, with the server's estimate of their rows (pg_class).
select
    schemas.nspname || '.' || tables.relname as "table",
    greatest(cast(tables.reltuples as bigint), 0) as "rows, estimated",
    pg_table_size(tables.oid) as "table size",
    pg_indexes_size(tables.oid) as "index size"
from pg_class as tables
join pg_namespace as schemas on schemas.oid = tables.relnamespace
where
    tables.relkind in ('r', 'm')
    and schemas.nspname in ('raw', 'staging', 'intermediate', 'marts', 'metrics', 'audit')
order by pg_total_relation_size(tables.oid) desc
limit 25
