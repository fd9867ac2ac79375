-- What retention may remove, and what it recorded.

-- name: proven_upto(dataset)$
-- The newest batch before which all are ADMITTED and have both receipts green, itself included; 0 for none.
select
    coalesce(
        min(b.batch_id) filter (where not b.is_proven) - 1, max(b.batch_id), 0
    )
from (
    select
        b.batch_id,
        b.status = 'ADMITTED' and (
            select count(*) from registry.receipt as r
            where r.dataset = b.dataset and r.batch_id = b.batch_id and r.is_green
        ) = 2 as is_proven
    from registry.batch as b
    where b.dataset = :dataset
) as b;

-- name: aged(dataset, before)
-- Landed objects that are old enough, in the order of their chains; whether each may go: all that was judged of it
-- is proven, a later object of its partition was judged, and no rejected record of it may still be replayed from it.
-- Replay objects stay: Kafka could not give them back.
select
    o.data_key, o.topic_id, o.partition, o.first_offset, o.last_offset, o.batch_id,
    g.data_key is not null as is_lost,
    not exists (
        select from registry.batch_object as s
        where
            s.dataset = o.dataset and s.data_key = o.data_key
            and (
                select count(*) from registry.receipt as r
                where r.dataset = s.dataset and r.batch_id = s.batch_id and r.is_green
            ) < 2
    )
    and exists (
        select from registry.batch_object as n
        where
            n.dataset = o.dataset and n.topic_id = o.topic_id and n.partition = o.partition
            and n.first_offset > o.last_offset and n.data_key <> o.data_key and not n.is_replay
    )
    and not exists (
        select from registry.rejection as x
        where
            x.dataset = o.dataset and x.topic_id = o.topic_id and x.partition = o.partition
            and x."offset" between o.first_offset and o.last_offset
            and x.status = 'open' and x.original_payload is not null
    ) as may_go
from registry.batch_object as o
left join registry.accepted_gap as g
    on o.dataset = g.dataset and o.batch_id = g.batch_id and o.data_key = g.data_key
where o.dataset = :dataset and not o.is_replay and o.removed_at is null and o.landed_at < :before
order by o.topic_id, o.partition, o.first_offset;

-- name: mark_removed(dataset, data_keys)!
-- Objects that are about to be deleted.
update registry.batch_object
set removed_at = clock_timestamp()
where dataset = :dataset and data_key = any(:data_keys) and removed_at is null;

-- name: unfinished(dataset)
-- Objects whose removal was recorded, but not that it ended.
select distinct o.data_key, o.topic_id, o.partition, o.last_offset
from registry.batch_object as o
where
    o.dataset = :dataset
    and o.removed_at > coalesce(
        (select max(a.at) from registry.audit_log as a where a.dataset = :dataset and a.action = 'remove_raw'),
        '-infinity'
    )
order by o.data_key;

-- name: aged_payloads(dataset, before)$
-- Payloads of rejected records that are old enough, of proven batches.
select count(*)
from registry.rejected_record as x
where
    x.dataset = :dataset and x.original_payload is not null and x.failed_at < :before
    and (
        select count(*) from registry.receipt as r
        where r.dataset = x.dataset and r.batch_id = x.batch_id and r.is_green
    ) = 2;

-- name: remove_payloads(dataset, before)!
-- Forget those payloads; the records stay.
update registry.rejected_record as x
set original_payload = null, payload_removed_at = clock_timestamp()
where
    x.dataset = :dataset and x.original_payload is not null and x.failed_at < :before
    and (
        select count(*) from registry.receipt as r
        where r.dataset = x.dataset and r.batch_id = x.batch_id and r.is_green
    ) = 2;
