-- What a captured table's own database tells, asked with the connector's role. Nothing here is the registry's.

-- name: source_table(name, schema, relation)^
-- The table, how its changes are logged, and what this role may do; no row when there is no such table.
select
    current_user as role_name,
    current_setting('wal_level') as wal_level,
    (select r.rolreplication or r.rolsuper from pg_roles as r where r.rolname = current_user)
    or exists (
        -- Managed services grant replication by membership in a role of theirs.
        select from pg_roles as m
        where m.rolname in ('rds_replication', 'azure_pg_admin') and pg_has_role(current_user, m.oid, 'member')
    ) as may_replicate,
    has_table_privilege(c.oid, 'select') as may_read,
    pg_has_role(current_user, c.relowner, 'usage')
    and has_database_privilege(current_database(), 'create') as may_publish,
    exists (select from pg_publication where pubname = :name) as is_published,
    exists (
        select from pg_publication_tables as p
        where p.pubname = :name and p.schemaname = :schema and p.tablename = :relation
    ) as is_in_publication,
    c.relreplident = 'f' as logs_whole_rows,
    c.relreplident = 'n' as logs_no_key,
    -- PostgreSQL makes a side table for large values exactly when a row could become too long without one.
    c.reltoastrelid <> 0 as may_hold_large_values,
    array(
        select a.attname::text
        from pg_index as i
        inner join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
        where i.indrelid = c.oid and i.indisprimary
        order by a.attname::text
    ) as key
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname = :schema and c.relname = :relation and c.relkind in ('r', 'p');

-- name: source_slot(name)^
-- The replication slot: whether somebody reads it, and how much of the log it retains, in bytes.
select
    s.active as is_active,
    coalesce(s.wal_status, 'lost') as wal_status,
    coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::bigint as retained_bytes,
    s.safe_wal_size as safe_bytes,
    coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn), 0)::bigint as behind_bytes
from pg_replication_slots as s
where s.slot_name = :name;

-- name: slot_waits_for(name)
-- Transactions that a slot in the making waits for: it begins where none that is older goes on.
select b.pid, b.datname, b.usename
from pg_stat_activity as a
cross join unnest(pg_blocking_pids(a.pid)) as blocking
inner join pg_stat_activity as b on b.pid = blocking
where starts_with(a.query, 'CREATE_REPLICATION_SLOT "' || :name || '"') and a.state = 'active';

-- name: drop_slot(name)^
-- Free the log that the slot retains; a slot somebody reads is refused by PostgreSQL.
select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = :name;
