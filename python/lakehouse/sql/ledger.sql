-- What people read about proofs and rejected records; nothing here writes.

-- name: receipts(dataset, before, page)
-- The receipt lines of a page of batches, newest first: of batches before a number.
select batch_id, line, is_green, terms, mismatches, created_at
from registry.receipt
where
    dataset = :dataset
    and batch_id in (
        select distinct batch_id from registry.receipt
        where dataset = :dataset and batch_id < :before
        order by batch_id desc
        limit :page
    )
order by batch_id desc, line desc;

-- name: rejected(dataset, batch_id, error_type, after_batch, after_topic, after_partition, after_offset, after_stage, page)
-- A page of rejected records, newest first: those after the place of the last one of the page before.
select
    batch_id, topic_id, partition, "offset", stage, error_type, error_message, failed_at,
    octet_length(original_payload) as payload_bytes
from registry.rejected_record
where
    dataset = :dataset
    and (:batch_id::bigint is null or batch_id = :batch_id)
    and (:error_type::text is null or error_type = :error_type)
    and (batch_id, topic_id, partition, "offset", stage)
    < (:after_batch, :after_topic, :after_partition, :after_offset, :after_stage)
order by batch_id desc, topic_id desc, partition desc, "offset" desc, stage desc
limit :page;

-- name: rejected_kinds(dataset)
-- How many records were rejected for which reason.
select stage, error_type, count(*) as records, min(failed_at) as oldest, max(failed_at) as newest
from registry.rejected_record
where dataset = :dataset
group by stage, error_type
order by count(*) desc, error_type, stage;
