-- What the registry knows of a receipt's terms, and the receipts themselves.

-- name: unproven(dataset, upto)
-- Admitted batches up to one that lack a green receipt line, oldest first.
-- Losses that somebody accepted are no part of what can be in a table: `lost` records, and their hash.
select
    b.batch_id, b.schema_version, b.content_hash - g.content_hash as content_hash,
    b.record_count, b.rejected_count, g.lost
from registry.batch as b
cross join lateral (
    select
        coalesce(sum(a.content_hash), 0) as content_hash,
        coalesce(sum(a.record_count), 0)::bigint as lost
    from registry.accepted_gap as a
    where a.dataset = b.dataset and a.batch_id = b.batch_id
) as g
where
    b.dataset = :dataset
    and b.status = 'ADMITTED'
    and b.batch_id <= :upto
    and (
        select count(*) from registry.receipt as r
        where r.dataset = b.dataset and r.batch_id = b.batch_id and r.is_green
    ) < 2
order by b.batch_id;

-- name: newest_admitted(dataset)$
-- The newest admitted batch; null before the first.
select max(batch_id) from registry.batch where dataset = :dataset and status = 'ADMITTED';

-- name: proven_datasets()
-- Datasets of which at least one batch was proven to be in silver.
select distinct dataset from registry.receipt where is_green and line = 'bronze_to_silver';

-- name: columns_of(dataset, batch_id)^
-- The columns that a batch's records are read with.
select v.columns
from registry.batch as b
inner join registry.schema_version as v on b.dataset = v.dataset and b.schema_version = v.version
where b.dataset = :dataset and b.batch_id = :batch_id;

-- name: landed(dataset, batches)
-- What landed and what was rejected, per batch and partition, without objects accepted as lost.
select
    o.batch_id, o.topic_id, o.partition,
    min(o.first_offset) as first_offset, max(o.last_offset) as last_offset,
    sum(o.record_count)::bigint as landed,
    (
        select count(*) from registry.rejected_record as r
        where
            r.dataset = :dataset and r.batch_id = o.batch_id and r.stage <> 'rule'
            and r.topic_id = o.topic_id and r.partition = o.partition
    ) - coalesce((
        select sum(g.rejected_count) from registry.accepted_gap as g
        where
            g.dataset = :dataset and g.batch_id = o.batch_id
            and g.topic_id = o.topic_id and g.partition = o.partition
    ), 0)::bigint as rejected
from registry.batch_object as o
where
    o.dataset = :dataset and o.batch_id = any(:batches)
    and not exists (
        select from registry.accepted_gap as g
        where g.dataset = o.dataset and g.batch_id = o.batch_id and g.data_key = o.data_key
    )
group by o.batch_id, o.topic_id, o.partition
order by o.batch_id, o.topic_id, o.partition;

-- name: rule_rejected(dataset, batches)
-- Records that a rule kept out of silver, per batch.
select batch_id, count(*) as records
from registry.rejected_record
where dataset = :dataset and batch_id = any(:batches) and stage = 'rule'
group by batch_id;

-- name: silver_objects(dataset, batches)
-- The stored objects of replays that silver alone reads.
select data_key
from registry.batch_object
where dataset = :dataset and batch_id = any(:batches) and is_silver_only
order by data_key;

-- name: rule_rejected_everywhere(dataset)
-- Records that a rule kept out of silver, per batch.
select batch_id, count(*) as records
from registry.rejected_record
where dataset = :dataset and stage = 'rule'
group by batch_id;

-- name: put_rule_rejected(dataset, batch_id, topic_id, partition, offset, error_type, error_message, payload)*!
-- A record that a rule rejected; known already when a run was cut short.
insert into registry.rejected_record (
    dataset, batch_id, topic_id, partition, "offset", stage, error_type, error_message, original_payload
) values (
    :dataset, :batch_id, :topic_id, :partition, :offset, 'rule', :error_type, :error_message, :payload
)
on conflict (dataset, topic_id, partition, "offset", stage, batch_id) do nothing;

-- name: put(dataset, batch_id, line, is_green, terms, mismatches)!
-- A receipt line; a later one of the same batch replaces it.
insert into registry.receipt (dataset, batch_id, line, is_green, terms, mismatches)
values (:dataset, :batch_id, :line, :is_green, :terms, :mismatches)
on conflict (dataset, batch_id, line) do update
set
    is_green = excluded.is_green, terms = excluded.terms, mismatches = excluded.mismatches,
    created_at = clock_timestamp();
