-- Rejected records that wait for a replay, the replays, and dead letters. Writers hold the dataset's lease row locked.

-- name: open_rejections(dataset, batch_id, error_type, stage, topic_id, partition, offset, upto, after_batch, after_topic, after_partition, after_offset, after_stage, page)
-- A page of rejected records that nobody replayed, oldest batch first, with the object that holds their line.
-- Those over the line limit cannot be read, those of a lost object are gone.
select
    r.batch_id, r.topic_id, r.partition, r."offset", r.stage, r.error_type,
    coalesce(r.data_key, o.data_key) as data_key,
    coalesce(
        o.generation,
        (select c.generation from registry.partition_cursor as c
        where c.dataset = r.dataset and c.topic_id = r.topic_id limit 1)
    ) as generation
from registry.rejection as r
left join registry.batch_object as o
    on
        r.dataset = o.dataset and r.batch_id = o.batch_id and r.topic_id = o.topic_id
        and r.partition = o.partition and r."offset" between o.first_offset and o.last_offset
left join registry.batch as b on r.dataset = b.dataset and r.batch_id = b.batch_id
where
    r.dataset = :dataset and r.status = 'open' and r.error_type <> 'TOO_LARGE'
    and (r.stage = 'connect' or b.status = 'ADMITTED')
    and coalesce(r.batch_id, 0) <= :upto
    and (:batch_id::bigint is null or r.batch_id = :batch_id)
    and (:error_type::text is null or r.error_type = :error_type)
    and (:stage::text is null or r.stage = :stage)
    and (:topic_id::text is null or r.topic_id = :topic_id)
    and (:partition::integer is null or r.partition = :partition)
    and (:offset::bigint is null or r."offset" = :offset)
    and not exists (
        select from registry.accepted_gap as g
        where g.dataset = r.dataset and g.batch_id = r.batch_id and g.data_key = o.data_key
    )
    and (coalesce(r.batch_id, 0), r.topic_id, r.partition, r."offset", r.stage)
    > (:after_batch, :after_topic, :after_partition, :after_offset, :after_stage)
order by coalesce(r.batch_id, 0), r.topic_id, r.partition, r."offset", r.stage
limit :page;

-- name: rejections_at(dataset, topic_id, partition, offset)
-- Every rejection of one record, newest first.
select batch_id, stage, error_type, status, replay_batch, replayed_by
from registry.rejection
where
    dataset = :dataset and topic_id = :topic_id and partition = :partition and "offset" = :offset
order by batch_id desc nulls last;

-- name: newest_batch(dataset)$
-- The newest batch that was judged; 0 before the first.
select coalesce(max(batch_id), 0) from registry.batch where dataset = :dataset;

-- name: put_replayed(dataset, topic_id, partition, offset, stage, rejected_batch, batch_id, is_edited, actor, why)*!
-- A replay of one rejection; a second one of the same breaks `replayed_once`.
insert into registry.replayed_record (
    dataset, topic_id, partition, "offset", stage, rejected_batch, batch_id, is_edited, actor, why
) values (
    :dataset, :topic_id, :partition, :offset, :stage, :rejected_batch, :batch_id, :is_edited, :actor, :why
);

-- name: replay_of_object(dataset, data_key)^
-- The replay batch that reads a stored object.
select b.batch_id, b.schema_version, b.record_count, b.rejected_count
from registry.batch_object as o
inner join registry.batch as b on o.dataset = b.dataset and o.batch_id = b.batch_id
where o.dataset = :dataset and o.data_key = :data_key;

-- name: landed_over(dataset, topic_id, partition, offset)^
-- How far the partition was judged, and the landed object whose range covers an offset.
select
    (
        select next_offset from registry.partition_cursor
        where dataset = :dataset and topic_id = :topic_id and partition = :partition
    ) as next_offset,
    (
        select data_key from registry.batch_object
        where
            dataset = :dataset and topic_id = :topic_id and partition = :partition
            and not is_replay and :offset between first_offset and last_offset
        limit 1
    ) as data_key;

-- name: dead_letter_cursor(dataset, topic_id, partition)$
-- How far a partition of the dead letter topic was taken; null when it was never looked at.
select next_offset from registry.dead_letter_cursor
where dataset = :dataset and topic_id = :topic_id and partition = :partition;

-- name: begin_dead_letters(dataset, topic_id, partition, from_offset)!
-- A partition of the dead letter topic that nobody has looked at.
insert into registry.dead_letter_cursor (dataset, topic_id, partition, next_offset)
values (:dataset, :topic_id, :partition, :from_offset)
on conflict do nothing;

-- name: advance_dead_letters(to_offset, dataset, topic_id, partition, from_offset)!
-- Behind what was taken; no row when somebody else was there first.
update registry.dead_letter_cursor
set next_offset = :to_offset
where
    dataset = :dataset and topic_id = :topic_id and partition = :partition
    and next_offset = :from_offset;

-- name: put_dead_letter(dataset, topic_id, partition, offset, error_type, error_message, payload, data_key)*!
-- A dead letter; one that came twice is kept once.
insert into registry.rejected_record (
    dataset, batch_id, topic_id, partition, "offset", stage, error_type, error_message, original_payload, data_key
) values (
    :dataset, null, :topic_id, :partition, :offset, 'connect', :error_type, :error_message, :payload, :data_key
)
on conflict (dataset, topic_id, partition, "offset", stage, batch_id) do nothing;
