-- What the registry tells about every dataset's state; nothing here writes. One row per dataset each.

-- name: versions()
-- The ACTIVE version, and the one that awaits a decision.
select
    dataset,
    max(version) filter (where status = 'ACTIVE') as active,
    max(version) filter (where status = 'BLOCKED') as blocked
from registry.schema_version
group by dataset;

-- name: blocked()
-- The batch that waits for a decision.
select
    b.dataset, b.batch_id, b.schema_version, b.findings, b.record_count, b.checked_at,
    (
        select min(o.landed_at) from registry.batch_object as o
        where o.dataset = b.dataset and o.batch_id = b.batch_id
    ) as landed_at
from registry.batch as b
where b.status = 'BLOCKED';

-- name: admitted()
-- What was admitted so far, and how long its records had waited for it.
select
    b.dataset,
    max(b.batch_id) as batch_id,
    max(b.admitted_at) as admitted_at,
    sum(b.record_count)::bigint as records,
    sum(b.rejected_count)::bigint as rejected,
    count(*) as batches
from registry.batch as b
where b.status = 'ADMITTED'
group by b.dataset;

-- name: rejections()
-- Rejected records that nobody replayed, dead letters included.
select dataset, count(*) as open
from registry.rejection
where status = 'open'
group by dataset;

-- name: newest()
-- The newest batch: its size, when its last object landed, when it was judged.
select distinct on (b.dataset)
    b.dataset, b.batch_id, b.record_count, b.checked_at, b.admitted_at,
    greatest(b.watermark, b.max_event_time - interval '5 minutes') as watermark,
    (
        select max(o.landed_at) from registry.batch_object as o
        where o.dataset = b.dataset and o.batch_id = b.batch_id
    ) as landed_at
from registry.batch as b
order by b.dataset, b.batch_id desc;

-- name: unproven()
-- Admitted batches without two green receipt lines: how many, their records, the oldest's landing.
with unproven as (
    select b.dataset, b.batch_id, b.record_count
    from registry.batch as b
    where
        b.status = 'ADMITTED'
        and not exists (
            select from registry.receipt as r
            where r.dataset = b.dataset and r.batch_id = b.batch_id and r.is_green
            having count(*) = 2
        )
)

select
    u.dataset,
    count(*) as batches,
    sum(u.record_count)::bigint as records,
    (
        select min(o.landed_at) from registry.batch_object as o
        where o.dataset = u.dataset and o.batch_id = min(u.batch_id)
    ) as landed_at
from unproven as u
group by u.dataset;

-- name: receipts()
-- The newest batch that has a receipt: when, and whether every line is green.
select distinct on (r.dataset)
    r.dataset, r.batch_id, bool_and(r.is_green) as is_green, max(r.created_at) as created_at
from registry.receipt as r
group by r.dataset, r.batch_id
order by r.dataset, r.batch_id desc;

-- name: red()
-- Batches whose receipt is red: the oldest one's first mismatch explains.
select distinct on (dataset) dataset, batch_id, line, mismatches
from registry.receipt
where not is_green
order by dataset, batch_id, line;

-- name: cursors()
-- How far each partition has been judged.
select dataset, topic_id, generation, partition, next_offset
from registry.partition_cursor;

-- name: changed()
-- Who changed each dataset's state last.
select distinct on (dataset) dataset, actor, why, at
from registry.audit_log
where action = 'set_state' and dataset is not null
order by dataset, id desc;
