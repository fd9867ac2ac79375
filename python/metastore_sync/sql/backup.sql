-- What a backup asks of PostgreSQL's catalog: the registry's tables are read from it, never listed by hand.

-- name: tables()
-- Every table of the registry with its columns in order; computed columns come back by themselves.
select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
from pg_catalog.pg_class as c
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
where
    c.relnamespace = to_regnamespace('registry') and c.relkind = 'r'
    and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
group by c.relname
order by c.relname;

-- name: needs()
-- Which table refers to which other one: a row can only come back behind the row it names.
select distinct child.relname as name, parent.relname as needs
from pg_catalog.pg_constraint as f
inner join pg_catalog.pg_class as child on f.conrelid = child.oid
inner join pg_catalog.pg_class as parent on f.confrelid = parent.oid
where
    f.contype = 'f' and child.relnamespace = to_regnamespace('registry')
    and parent.relnamespace = to_regnamespace('registry') and child.oid <> parent.oid;

-- name: sequences()
-- The last number that each sequence gave; null before its first.
select sequencename as name, last_value as last
from pg_catalog.pg_sequences
where schemaname = 'registry'
order by sequencename;

-- name: set_sequence(name, last)^
-- A sequence goes on behind the last number it gave.
select setval(('registry.' || quote_ident(:name))::regclass, :last::bigint) as last;

-- name: version()$
-- The migration that the registry is at.
select version_num from public.alembic_version;

-- name: is_there()$
-- Whether a registry was ever made in this database.
select to_regclass('registry.dataset') is not null;
