-- What the registry is asked and told. Every writing statement runs inside a transaction of the caller.

-- name: datasets()
-- Every dataset with its state, by name.
select name, kafka_topic, document, state, revision, source, updated_at
from registry.dataset
order by name;

-- name: dataset(name)^
-- One dataset; no row when it is unknown.
select name, kafka_topic, document, state, revision, source, updated_at
from registry.dataset
where name = :name;

-- name: dataset_for_update(name)^
-- One dataset, locked against other writers of its declaration.
select name, document, state, revision, source
from registry.dataset
where name = :name
for no key update;

-- name: topic_owner(kafka_topic, name)^
-- The dataset that owns a topic under another name.
select name from registry.dataset where kafka_topic = :kafka_topic and name <> :name;

-- name: insert_dataset(name, kafka_topic, document, source)!
-- A new dataset; nothing when another writer was faster.
insert into registry.dataset (name, kafka_topic, document, source)
values (:name, :kafka_topic, :document, :source)
on conflict (name) do nothing;

-- name: update_dataset(kafka_topic, document, source, revision, name)!
-- The next revision of a dataset.
update registry.dataset
set
    kafka_topic = :kafka_topic, document = :document, source = :source,
    revision = :revision, updated_at = clock_timestamp()
where name = :name;

-- name: insert_revision(name, revision, document, source, actor)!
-- One line of a dataset's history.
insert into registry.dataset_revision (dataset, revision, document, source, actor)
values (:name, :revision, :document, :source, :actor);

-- name: set_state(state, name)!
-- A dataset's state; nothing when it has that state already.
update registry.dataset
set state = :state, updated_at = clock_timestamp()
where name = :name and state <> :state;

-- name: has_blocked_batch(name)$
-- Whether a batch of the dataset waits for a decision.
select exists (select from registry.batch where dataset = :name and status = 'BLOCKED');

-- name: last_change(name)^
-- Who changed a dataset's state last, when and why.
select actor, why, at
from registry.audit_log
where dataset = :name and action = 'set_state'
order by id desc
limit 1;

-- name: insert_audit(dataset, actor, action, why, detail)!
-- Who did what, and why.
insert into registry.audit_log (dataset, actor, action, why, detail)
values (:dataset, :actor, :action, :why, :detail);

-- name: active_version(name)^
-- The one version that new batches are compared with; no row before the first batch.
select version, fingerprint, schema, ddl
from registry.schema_version
where dataset = :name and status = 'ACTIVE';

-- name: partition_cursors()
-- How far every partition of every dataset has been judged.
select dataset, topic_id, generation, partition, next_offset
from registry.partition_cursor
order by dataset, generation, partition;

-- name: field_facts()
-- What is known of every dataset's fields beside its ACTIVE version: presence, and what was declared.
select
    d.name as dataset,
    coalesce(p.ledger, '{}'::jsonb) as presence,
    coalesce(f.dropped, '{}') as dropped,
    coalesce(f.renamed, '{}') as renamed
from registry.dataset as d
left join registry.field_presence as p on p.dataset = d.name
left join (
    select
        dataset,
        array_agg(pointer order by pointer) filter (where change = 'dropped') as dropped,
        array_agg(pointer order by pointer) filter (where change = 'renamed') as renamed
    from registry.declared_field
    group by dataset
) as f on f.dataset = d.name
order by d.name;

-- name: active_versions()
-- The ACTIVE version of every dataset that has one.
select dataset, version, fingerprint, schema, ddl
from registry.schema_version
where status = 'ACTIVE'
order by dataset;

-- name: lock_snapshot()!
-- One writer of the snapshot at a time, so that an older reading never replaces a newer file.
select pg_advisory_xact_lock(7433002);

-- name: take_lease(dataset, holder, ttl_seconds)^
-- The token of a lease that was free or had expired; no row while somebody holds it.
insert into registry.lease as held (dataset, token, holder, expires_at)
values (:dataset, 1, :holder, clock_timestamp() + make_interval(secs => :ttl_seconds))
on conflict (dataset) do update
set token = held.token + 1, holder = excluded.holder, expires_at = excluded.expires_at
where held.expires_at <= clock_timestamp()
returning token;

-- name: renew_lease(ttl_seconds, dataset, token)!
-- A later expiry; nothing when the lease has another token by now.
update registry.lease
set expires_at = clock_timestamp() + make_interval(secs => :ttl_seconds)
where dataset = :dataset and token = :token;

-- name: release_lease(dataset, token)!
-- The lease is free at once; its token stays, so that the next holder gets a greater one.
update registry.lease
set expires_at = clock_timestamp()
where dataset = :dataset and token = :token;

-- name: lock_lease(dataset)^
-- The lease's row, locked until the transaction ends: nobody can take it over meanwhile.
select token, holder from registry.lease where dataset = :dataset for update;

-- name: lease_holder(dataset)^
-- Who holds a lease and until when.
select holder, expires_at from registry.lease where dataset = :dataset;

-- name: connectors()
-- What each dataset's connector was told, and was last seen to do.
select dataset, name, applied, observed, drift, observed_at
from registry.connector
order by dataset;

-- name: put_connector(dataset, name, applied, observed, drift)!
-- What a connector was told and does; the time moves only when what it does has changed.
insert into registry.connector as held (dataset, name, applied, observed, drift)
values (:dataset, :name, :applied, :observed, :drift)
on conflict (dataset) do update
set
    name = excluded.name, applied = excluded.applied, observed = excluded.observed, drift = excluded.drift,
    observed_at = case
        when (held.observed, held.drift) = (excluded.observed, excluded.drift) then held.observed_at
        else clock_timestamp()
    end;

-- name: active_fields()
-- The top-level fields of every ACTIVE schema.
select dataset, name from registry.active_field;

-- name: batch_counts()
-- How many batches each dataset has.
select dataset, count(*)::integer as batches from registry.batch group by dataset;

-- name: try_apply_lock(name)^
-- Whether this session may apply a dataset now; held until the session ends.
select pg_try_advisory_lock(7433003, hashtext(:name)) as is_held;

-- name: try_apply_lock_in_transaction(name)^
-- The same lock, held until the transaction ends.
select pg_try_advisory_xact_lock(7433003, hashtext(:name)) as is_held;
