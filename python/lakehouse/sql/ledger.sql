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

-- name: rejected(dataset, batch_id, error_type, stage, status, after_batch, after_topic, after_partition, after_offset, after_stage, page)
-- A page of rejected records, newest first: those after the place of the last one of the page before.
-- Dead letters belong to no batch and come last.
select
    batch_id, topic_id, partition, "offset", stage, error_type, error_message, failed_at,
    octet_length(original_payload) as payload_bytes, status, replay_batch
from registry.rejection
where
    dataset = :dataset
    and (:batch_id::bigint is null or batch_id = :batch_id)
    and (:error_type::text is null or error_type = :error_type)
    and (:stage::text is null or stage = :stage)
    and (:status::text is null or status = :status)
    and (coalesce(batch_id, 0), topic_id, partition, "offset", stage)
    < (:after_batch, :after_topic, :after_partition, :after_offset, :after_stage)
order by coalesce(batch_id, 0) desc, topic_id desc, partition desc, "offset" desc, stage desc
limit :page;

-- name: rejected_kinds(dataset, batch_id, error_type, stage, status)
-- How many records were rejected for which reason, and how many of them nobody replayed.
select
    stage, error_type, count(*) as records, count(*) filter (where status = 'open') as open,
    min(failed_at) as oldest, max(failed_at) as newest
from registry.rejection
where
    dataset = :dataset
    and (:batch_id::bigint is null or batch_id = :batch_id)
    and (:error_type::text is null or error_type = :error_type)
    and (:stage::text is null or stage = :stage)
    and (:status::text is null or status = :status)
group by stage, error_type
order by count(*) desc, error_type, stage;

-- name: rejections_of(dataset, topic_id, partition, offset)
-- Every rejection of one record with its replay, oldest first, and the object that holds its line.
-- The outcome is known once the replay batch is: rejected again, or loaded.
select
    r.batch_id, r.topic_id, r.partition, r."offset", r.stage, r.error_type, r.error_message, r.failed_at,
    r.original_payload as payload, r.status, r.replay_batch, r.is_edited, r.replayed_by, r.replayed_why,
    r.replayed_at, coalesce(r.data_key, o.data_key) as data_key,
    case
        when r.replay_batch is null then null
        when exists (
            select from registry.rejected_record as a
            where
                a.dataset = r.dataset and a.batch_id = r.replay_batch and a.topic_id = r.topic_id
                and a.partition = r.partition and a."offset" = r."offset"
        ) then 'rejected again'
        else 'admitted'
    end as outcome,
    b.schema_version as replay_version
from registry.rejection as r
left join registry.batch_object as o
    on
        r.dataset = o.dataset and r.batch_id = o.batch_id and r.topic_id = o.topic_id
        and r.partition = o.partition and r."offset" between o.first_offset and o.last_offset
left join registry.batch as b on r.dataset = b.dataset and r.replay_batch = b.batch_id
where
    r.dataset = :dataset and r.topic_id = :topic_id and r.partition = :partition and r."offset" = :offset
order by r.batch_id nulls first, r.stage;
