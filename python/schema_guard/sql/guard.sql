-- What the guard asks of the registry and writes into it. Writers hold the dataset's lease row locked.

-- name: cursors(dataset)
-- How far each partition of each generation has been judged.
select topic_id, generation, partition, next_offset
from registry.partition_cursor
where dataset = :dataset;

-- name: dataset_state(dataset)^
-- The dataset's state, kept as it is until the transaction ends.
select state from registry.dataset where name = :dataset for update;

-- name: last_decision(dataset)^
-- What a person decided last about a BLOCKED batch.
select action, actor, why, at, (detail ->> 'batch_id')::bigint as batch_id
from registry.audit_log
where dataset = :dataset and action in ('approve', 'reject')
order by id desc
limit 1;

-- name: active_version(dataset)^
-- The version that batches are compared with; no row before the first batch.
select version, status, fingerprint, schema, base_version
from registry.schema_version
where dataset = :dataset and status = 'ACTIVE';

-- name: version(dataset, version)^
-- One version by its number.
select version, status, fingerprint, schema, base_version
from registry.schema_version
where dataset = :dataset and version = :version;

-- name: version_of_fingerprint(dataset, fingerprint)^
-- One version by what it holds.
select version, status, fingerprint, schema, base_version
from registry.schema_version
where dataset = :dataset and fingerprint = :fingerprint;

-- name: insert_version(dataset, status, fingerprint, schema, ddl, columns, verdict, findings, base_version)^
-- The next version of a dataset.
insert into registry.schema_version (
    dataset, version, status, fingerprint, schema, ddl, columns, verdict, findings, base_version
)
select
    :dataset, coalesce(max(version), 0) + 1, :status, :fingerprint, :schema, :ddl, :columns,
    :verdict, :findings, :base_version
from registry.schema_version
where dataset = :dataset
returning version;

-- name: judge_version_again(status, verdict, findings, base_version, dataset, version)!
-- A known version under a new verdict; its types stay as they are.
update registry.schema_version
set
    status = :status, verdict = :verdict, findings = :findings, base_version = :base_version,
    decided_at = null, decided_by = null, decided_why = null
where dataset = :dataset and version = :version;

-- name: supersede_active(dataset)!
-- No version is ACTIVE.
update registry.schema_version
set status = 'SUPERSEDED'
where dataset = :dataset and status = 'ACTIVE';

-- name: decide_version(status, actor, why, dataset, version)!
-- What a person decided about a version.
update registry.schema_version
set status = :status, decided_at = now(), decided_by = :actor, decided_why = :why
where dataset = :dataset and version = :version;

-- name: last_batch(dataset)^
-- Number of the newest batch and the watermark that its successor gets.
select
    batch_id,
    greatest(watermark, max_event_time - interval '5 minutes') as next_watermark
from registry.batch
where dataset = :dataset
order by batch_id desc
limit 1;

-- name: insert_batch(dataset, batch_id, status, schema_version, verdict, findings, record_count, rejected_count, value_bytes, content_hash, max_event_time, watermark)!
-- A judged batch.
insert into registry.batch (
    dataset, batch_id, status, schema_version, verdict, findings, record_count, rejected_count,
    value_bytes, content_hash, max_event_time, watermark, checked_at, admitted_at
) values (
    :dataset, :batch_id, :status, :schema_version, :verdict, :findings, :record_count,
    :rejected_count, :value_bytes, :content_hash, :max_event_time, :watermark, now(),
    case when :status = 'ADMITTED' then now() end
);

-- name: insert_object(dataset, batch_id, data_key, topic_id, generation, partition, first_offset, last_offset, record_count, landed_at, is_replay, is_silver_only)*!
-- One landed object of a batch, with the range that belongs to it.
insert into registry.batch_object (
    dataset, batch_id, data_key, topic_id, generation, partition, first_offset, last_offset,
    record_count, landed_at, is_replay, is_silver_only
) values (
    :dataset, :batch_id, :data_key, :topic_id, :generation, :partition, :first_offset,
    :last_offset, :record_count, :landed_at, :is_replay, :is_silver_only
);

-- name: begin_cursor(dataset, topic_id, generation, partition, from_offset)!
-- A partition that no batch has seen yet.
insert into registry.partition_cursor (dataset, topic_id, generation, partition, next_offset)
values (:dataset, :topic_id, :generation, :partition, :from_offset)
on conflict (dataset, topic_id, partition) do nothing;

-- name: advance_cursor(to_offset, dataset, topic_id, partition, from_offset)!
-- Behind the batch; no row when another guard was there first.
update registry.partition_cursor
set next_offset = :to_offset
where
    dataset = :dataset and topic_id = :topic_id and partition = :partition
    and next_offset = :from_offset;

-- name: batch_of_range(dataset, topic_id, partition, first_offset)^
-- The batch that holds the object beginning at an offset.
select batch_id, data_key
from registry.batch_object
where
    dataset = :dataset and topic_id = :topic_id and partition = :partition
    and first_offset = :first_offset and not is_replay;

-- name: batch(dataset, batch_id)^
-- One batch, with the version it was compared with.
select
    b.batch_id, b.status, b.schema_version, b.verdict, b.findings, b.record_count,
    b.rejected_count, v.status as version_status, v.base_version
from registry.batch as b
inner join registry.schema_version as v on b.dataset = v.dataset and b.schema_version = v.version
where b.dataset = :dataset and b.batch_id = :batch_id;

-- name: blocked_batch(dataset)^
-- The batch that waits for a decision; at most one.
select
    b.batch_id, b.status, b.schema_version, b.verdict, b.findings, b.record_count,
    b.rejected_count, v.status as version_status, v.base_version
from registry.batch as b
inner join registry.schema_version as v on b.dataset = v.dataset and b.schema_version = v.version
where b.dataset = :dataset and b.status = 'BLOCKED';

-- name: content_hash(dataset, batch_id)$
-- The sum of the hashes of a batch's records that are not rejected.
select content_hash from registry.batch where dataset = :dataset and batch_id = :batch_id;

-- name: batch_objects(dataset, batch_id)
-- The objects of a batch; `expected_offset` names the manifest of each.
select
    o.data_key, o.topic_id, o.generation, o.partition, o.first_offset, o.last_offset,
    o.record_count, o.landed_at,
    greatest(
        (
            select p.last_offset + 1
            from registry.batch_object as p
            where
                p.dataset = o.dataset and p.topic_id = o.topic_id and p.partition = o.partition
                and p.first_offset < o.first_offset and not p.is_replay
            order by p.first_offset desc
            limit 1
        ),
        -- A place of the chain that was given up before any batch held it.
        (
            select max(g.last_offset) + 1
            from registry.accepted_gap as g
            where
                g.dataset = o.dataset and g.topic_id = o.topic_id and g.partition = o.partition
                and g.kind <> 'RETENTION_LOSS' and g.batch_id is null
                and g.last_offset < o.first_offset
        ),
        0
    ) as expected_offset
from registry.batch_object as o
where o.dataset = :dataset and o.batch_id = :batch_id
order by o.topic_id, o.partition, o.first_offset;

-- name: object_at(dataset, batch_id, topic_id, partition, offset)^
-- The landed object that holds a record.
select data_key
from registry.batch_object
where
    dataset = :dataset and batch_id = :batch_id and topic_id = :topic_id
    and partition = :partition and :offset between first_offset and last_offset;

-- name: admit_blocked_batch(schema_version, rejected_count, value_bytes, content_hash, max_event_time, dataset, batch_id, judged_version)!
-- The decision about a BLOCKED batch; no row when somebody decided before.
update registry.batch
set
    status = 'ADMITTED', admitted_at = now(), schema_version = :schema_version,
    rejected_count = :rejected_count, value_bytes = :value_bytes, content_hash = :content_hash,
    max_event_time = :max_event_time
where
    dataset = :dataset and batch_id = :batch_id and status = 'BLOCKED'
    and schema_version = :judged_version;

-- name: approve_blocked_batch(dataset, batch_id, judged_version)!
-- The same, with every record as it was counted; no row when somebody decided before.
update registry.batch
set status = 'ADMITTED', admitted_at = now()
where
    dataset = :dataset and batch_id = :batch_id and status = 'BLOCKED'
    and schema_version = :judged_version;

-- name: newest_admitted_batch(dataset)^
-- The batch whose landed objects are newest in the tables; a replay batch has none.
select b.batch_id
from registry.batch as b
where
    b.dataset = :dataset and b.status = 'ADMITTED'
    and not exists (
        select from registry.batch_object as o
        where o.dataset = b.dataset and o.batch_id = b.batch_id and o.is_replay
    )
order by b.batch_id desc
limit 1;

-- name: field_presence(dataset)^
-- How often each field was there; no row before the first batch.
select ledger, pending from registry.field_presence where dataset = :dataset;

-- name: put_presence(dataset, ledger)!
-- Presence with an admitted batch counted in.
insert into registry.field_presence (dataset, ledger)
values (:dataset, :ledger)
on conflict (dataset) do update set ledger = excluded.ledger, pending = null;

-- name: put_pending_presence(dataset, pending)!
-- Presence as it will be when the BLOCKED batch is admitted.
insert into registry.field_presence (dataset, ledger, pending)
values (:dataset, '{}', :pending)
on conflict (dataset) do update set pending = excluded.pending;

-- name: claim_notice(dataset, batch_id)!
-- Begin to tell the owner of a BLOCKED batch; no row when told already, or when somebody else is at it.
insert into registry.owner_notice (dataset, batch_id, claimed_at)
select dataset, batch_id, now()
from registry.batch
where dataset = :dataset and batch_id = :batch_id and status = 'BLOCKED'
on conflict (dataset, batch_id) do update
set claimed_at = now(), attempts = owner_notice.attempts + 1
where
    owner_notice.told_at is null
    and (owner_notice.claimed_at is null or owner_notice.claimed_at < now() - interval '1 minute');

-- name: settle_notice(was_told, dataset, batch_id)!
-- The owner was told; or was not, and the next check may try.
update registry.owner_notice
set claimed_at = null, told_at = case when :was_told then now() end
where dataset = :dataset and batch_id = :batch_id and told_at is null;

-- name: loaded_schemas(dataset)
-- The schema of every version that an admitted batch is read with, the newest batch's first.
select v.schema
from registry.schema_version as v
inner join (
    select schema_version, max(batch_id) as newest
    from registry.batch
    where dataset = :dataset and status = 'ADMITTED'
    group by schema_version
) as b on v.version = b.schema_version
where v.dataset = :dataset
order by b.newest desc;

-- name: declared_fields(dataset, change)
-- The fields of which one change was declared.
select pointer from registry.declared_field where dataset = :dataset and change = :change;

-- name: put_declared_field(dataset, pointer, change, renamed_to, version)!
-- What was declared last about a field.
insert into registry.declared_field (dataset, pointer, change, renamed_to, version)
values (:dataset, :pointer, :change, :renamed_to, :version)
on conflict (dataset, pointer) do update
set
    change = excluded.change, renamed_to = excluded.renamed_to, version = excluded.version,
    declared_at = now();
