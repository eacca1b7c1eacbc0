-- Size by layer
-- The size of each layer's tables and indexes now, in bytes (from the server's catalogue).
select
    cast(schemas.nspname as text) as "layer",
    sum(pg_total_relation_size(tables.oid)) as "size"
from pg_class as tables
join pg_namespace as schemas on schemas.oid = tables.relnamespace
where
    tables.relkind in ('r', 'm')
    and schemas.nspname in ('raw', 'staging', 'intermediate', 'marts', 'metrics', 'audit')
group by schemas.nspname
order by 2 desc
