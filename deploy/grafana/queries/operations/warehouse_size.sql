-- Size on disk
-- The size of the warehouse's tables and indexes now, with raw and staging, in bytes (from the server's catalogue).
select sum(pg_total_relation_size(tables.oid)) as "size on disk"
from pg_class as tables
join pg_namespace as schemas on schemas.oid = tables.relnamespace
where
    tables.relkind in ('r', 'm')
    and schemas.nspname in ('raw', 'staging', 'intermediate', 'marts', 'metrics', 'audit')
