-- Accepted losses, and what finding and repairing them asks of the registry.

-- name: accepted(dataset)
-- The accepted losses of one dataset.
select
    topic_id, partition, kind, first_offset, last_offset, data_key, batch_id, record_count,
    rejected_count, content_hash, actor, why, at
from registry.accepted_gap
where dataset = :dataset
order by at, topic_id, partition, first_offset;

-- name: accepted_everywhere()
-- The accepted losses of all datasets.
select
    dataset, topic_id, partition, kind, first_offset, last_offset, data_key, batch_id,
    record_count, rejected_count, content_hash, actor, why, at
from registry.accepted_gap
order by at, topic_id, partition, first_offset;

-- name: accept(dataset, topic_id, partition, kind, first_offset, last_offset, data_key, batch_id, record_count, rejected_count, content_hash, actor, why)!
-- A loss that somebody accepts; nothing when it was accepted before.
insert into registry.accepted_gap (
    dataset, topic_id, partition, kind, first_offset, last_offset, data_key, batch_id,
    record_count, rejected_count, content_hash, actor, why
) values (
    :dataset, :topic_id, :partition, :kind, :first_offset, :last_offset, :data_key, :batch_id,
    :record_count, :rejected_count, :content_hash, :actor, :why
)
on conflict do nothing;

-- name: unproven_batches(dataset)
-- Batches whose records are not proven to be in bronze yet, the BLOCKED one included.
select b.batch_id, b.status, b.content_hash
from registry.batch as b
where
    b.dataset = :dataset
    and not exists (
        select from registry.receipt as r
        where
            r.dataset = b.dataset and r.batch_id = b.batch_id and r.is_green
            and r.line = 'landed_to_bronze'
    )
    -- Kafka cannot give a replay object back: it is no gap of a chain.
    and not exists (
        select from registry.batch_object as o
        where o.dataset = b.dataset and o.batch_id = b.batch_id and o.is_replay
    )
order by b.batch_id;

-- name: unproven_objects()
-- The objects of such batches of all datasets.
select
    o.dataset, o.batch_id, o.data_key, o.topic_id, o.generation, o.partition, o.first_offset,
    o.last_offset, o.record_count
from registry.batch_object as o
where
    not o.is_replay
    and not exists (
        select from registry.receipt as r
        where
            r.dataset = o.dataset and r.batch_id = o.batch_id and r.is_green
            and r.line = 'landed_to_bronze'
    )
order by o.dataset, o.topic_id, o.partition, o.first_offset;

-- name: unbuilt_objects(dataset)
-- The objects that bronze has to read: of ADMITTED batches not proven to be there, without accepted losses.
select o.data_key
from admitted.object as o
where
    o.dataset = :dataset
    and not exists (
        select from registry.receipt as r
        where
            r.dataset = o.dataset and r.batch_id = o.batch_id and r.is_green
            and r.line = 'landed_to_bronze'
    )
order by o.data_key;

-- name: rejected_offsets(dataset, batch_id)
-- The records of a batch that are not part of its content hash.
select topic_id, partition, "offset"
from registry.rejected_record
where dataset = :dataset and batch_id = :batch_id and stage <> 'rule';

-- name: lost_counts(dataset, batch_id, data_key)^
-- What one object holds of a batch: records, and those of them that were rejected.
select
    o.record_count,
    (
        select count(*) from registry.rejected_record as r
        where
            r.dataset = o.dataset and r.batch_id = o.batch_id and r.stage <> 'rule'
            and r.topic_id = o.topic_id and r.partition = o.partition
            and r."offset" between o.first_offset and o.last_offset
    ) as rejected_count
from registry.batch_object as o
where o.dataset = :dataset and o.batch_id = :batch_id and o.data_key = :data_key;

-- name: settle(dataset, batch_id, kept_hash)!
-- The part of the batch's hash that its accepted losses have together; one of them carries it.
update registry.accepted_gap as g
set
    content_hash = case
        when g.data_key = (
            select min(o.data_key) from registry.accepted_gap as o
            where o.dataset = g.dataset and o.batch_id = g.batch_id
        ) then b.content_hash - :kept_hash
        else 0
    end
from registry.batch as b
where
    g.dataset = :dataset and g.batch_id = :batch_id
    and b.dataset = g.dataset and b.batch_id = g.batch_id;
