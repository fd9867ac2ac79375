-- Losses that a person accepted: the chain goes on behind them, and receipts leave them out of what landed.
create table registry.accepted_gap (
    dataset text not null references registry.dataset (name),
    topic_id text not null,
    partition integer not null check (partition >= 0),
    kind text not null check (kind in ('RETENTION_LOSS', 'MISSING_OBJECT', 'MISSING_MANIFEST')),
    -- Both ends included.
    first_offset bigint not null check (first_offset >= 0),
    last_offset bigint not null,
    -- The lost object, and the batch that it had been judged in; null when there is none.
    data_key text,
    batch_id bigint,
    -- What was lost of that batch: records, those of them that were rejected, and the part of the batch's content hash.
    record_count bigint not null default 0 check (record_count >= 0),
    rejected_count bigint not null default 0 check (rejected_count >= 0),
    content_hash numeric(40) not null default 0,
    actor text not null check (actor <> ''),
    why text not null check (why <> ''),
    at timestamptz not null default now(),
    primary key (dataset, topic_id, partition, kind, first_offset),
    check (last_offset >= first_offset)
);

-- A lost object that somebody accepted is not read any more.
create or replace view admitted.object as
select
    o.dataset, o.batch_id, o.data_key, o.topic_id, o.generation, o.partition,
    o.first_offset, o.last_offset
from registry.batch_object as o
inner join registry.batch as b on o.dataset = b.dataset and o.batch_id = b.batch_id
where
    b.status = 'ADMITTED'
    and not exists (
        select from registry.accepted_gap as g
        where g.dataset = o.dataset and g.batch_id = o.batch_id and g.data_key = o.data_key
    );
