-- Rejected records of every stage in one table, their replays, and how far dead letters were taken.

-- A replay batch reads stored replay objects: they lie across the ranges that landed, and are no part of a chain.
alter table registry.batch_object add column is_replay boolean not null default false;
alter table registry.batch_object drop constraint batch_object_dataset_topic_id_partition_first_offset_key;
create unique index batch_object_landed
on registry.batch_object (dataset, topic_id, partition, first_offset) where not is_replay;

-- A record is rejected once per batch: a replay of it may be rejected again.
-- Dead letters belong to no batch; `data_key` is the object that holds their lines.
alter table registry.rejected_record drop constraint rejected_record_pkey;
alter table registry.rejected_record alter column batch_id drop not null;
alter table registry.rejected_record add column data_key text;
alter table registry.rejected_record add constraint rejected_record_place
check ((stage = 'connect') = (batch_id is null) and (batch_id is not null or data_key is not null));
create unique index rejected_record_once
on registry.rejected_record (dataset, topic_id, partition, "offset", stage, batch_id) nulls not distinct;

-- Who had a rejected record judged again, and why; what became of it stands in the replay batch.
create table registry.replayed_record (
    dataset text not null,
    topic_id text not null,
    partition integer not null,
    "offset" bigint not null,
    stage text not null,
    -- The batch that rejected it; null for a dead letter.
    rejected_batch bigint,
    -- The replay batch.
    batch_id bigint not null,
    is_edited boolean not null,
    actor text not null check (actor <> ''),
    why text not null check (why <> ''),
    at timestamptz not null default now(),
    primary key (dataset, batch_id, topic_id, partition, "offset"),
    foreign key (dataset, batch_id) references registry.batch (dataset, batch_id)
);

-- What makes a second replay of the same rejection impossible.
create unique index replayed_once
on registry.replayed_record (dataset, topic_id, partition, "offset", stage, rejected_batch) nulls not distinct;

-- How far each partition of a dataset's dead letter topic was taken; moved with `where next_offset = :from`.
create table registry.dead_letter_cursor (
    dataset text not null references registry.dataset (name),
    topic_id text not null,
    partition integer not null check (partition >= 0),
    next_offset bigint not null check (next_offset >= 0),
    primary key (dataset, topic_id, partition)
);

-- What people read of rejected records: how it stands with each.
create view registry.rejection as
select
    r.dataset, r.batch_id, r.topic_id, r.partition, r."offset", r.stage, r.error_type, r.error_message,
    r.original_payload, r.failed_at, r.data_key,
    case when p.batch_id is null then 'open' else 'replayed' end as status,
    p.batch_id as replay_batch, p.is_edited, p.actor as replayed_by, p.why as replayed_why, p.at as replayed_at
from registry.rejected_record as r
left join registry.replayed_record as p
    on
        r.dataset = p.dataset and r.topic_id = p.topic_id and r.partition = p.partition
        and r."offset" = p."offset" and r.stage = p.stage
        and r.batch_id is not distinct from p.rejected_batch;
