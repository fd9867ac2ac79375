-- The state of backfills. Who runs one holds its lock; the lock ends with the database session.

-- name: try_lock(name)$
select pg_try_advisory_lock(hashtextextended('backfill ' || :name, 0)) as is_held;

-- name: open_of(dataset)^
-- The backfill of the dataset that is not over, if there is one.
select * from registry.backfill
where dataset = :dataset and state in ('STAGING', 'STAGED', 'PUBLISHED');

-- name: begin(dataset, from_time, to_time, actor)^
insert into registry.backfill (dataset, from_time, to_time, actor)
values (:dataset, :from_time, :to_time, :actor)
returning *;

-- name: by_id(id)^
select * from registry.backfill where id = :id;

-- name: listed(dataset)
-- Backfills of one dataset or, with an empty name, of all; newest first, with the tables that are published.
select
    b.id, b.dataset, b.state, b.from_time, b.to_time, b.schema_version, b.actor, b.created_at, b.updated_at,
    count(t.table_name) as tables, count(t.table_name) filter (where t.is_published) as published, b.message
from registry.backfill as b
left join registry.backfill_table as t on b.id = t.backfill
where :dataset = '' or b.dataset = :dataset
group by b.id
order by b.id desc
limit 100;

-- name: set_state(id, state, message)!
update registry.backfill set state = :state, message = :message, updated_at = clock_timestamp() where id = :id;

-- name: restart(id, schema_version)!
-- A new round: branches are made anew, so what was staged before counts no more.
update registry.backfill
set state = 'STAGING', schema_version = :schema_version, updated_at = clock_timestamp()
where id = :id;

-- name: put_table(id, table_name, base_snapshot, upto)!
insert into registry.backfill_table (backfill, table_name, base_snapshot, upto)
values (:id, :table_name, :base_snapshot, :upto)
on conflict (backfill, table_name) do update
set base_snapshot = excluded.base_snapshot, upto = excluded.upto, is_published = false;

-- name: tables(id)
select table_name, base_snapshot, upto, is_published
from registry.backfill_table where backfill = :id order by table_name;

-- name: publish_table(id, table_name)!
update registry.backfill_table set is_published = true where backfill = :id and table_name = :table_name;

-- name: active_version(dataset)$
select version from registry.schema_version where dataset = :dataset and status = 'ACTIVE';

-- name: audit(dataset, actor, action, detail)!
insert into registry.audit_log (dataset, actor, action, detail) values (:dataset, :actor, :action, :detail);
