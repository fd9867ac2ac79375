-- The registry: what is declared, what was observed, what was decided, what was proven.
-- Names are the design's words. Times are UTC. A dataset's writes happen under its lease.

create schema registry;

create table registry.dataset (
    name text primary key check (name ~ '^[a-z][a-z0-9_]*$'),
    kafka_topic text not null unique,
    -- The dataset's fields under their file spelling; valid against connect/dataset.schema.json.
    document jsonb not null,
    state text not null default 'OK' check (state in ('OK', 'BLOCKED', 'PAUSED', 'RETIRED')),
    revision integer not null default 1 check (revision > 0),
    source text not null check (source in ('file', 'api', 'connect')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table registry.dataset_revision (
    dataset text not null references registry.dataset (name),
    revision integer not null check (revision > 0),
    document jsonb not null,
    source text not null,
    actor text not null,
    at timestamptz not null default now(),
    primary key (dataset, revision)
);

-- A version is immutable but for its status; one fingerprint makes one version, so a flapping producer makes few.
create table registry.schema_version (
    dataset text not null references registry.dataset (name),
    version integer not null check (version > 0),
    status text not null check (status in ('ACTIVE', 'BLOCKED', 'SUPERSEDED', 'REJECTED')),
    fingerprint text not null,
    -- The finalised schema tree (schema_guard.core.schema), its Spark DDL, and its top-level columns
    -- as [{"name", "type"}] in order.
    schema jsonb not null,
    ddl text not null,
    columns jsonb not null,
    verdict text not null check (verdict in ('NONE', 'INITIAL', 'NON_BREAKING', 'BREAKING')),
    findings jsonb not null,
    base_version integer,
    created_at timestamptz not null default now(),
    decided_at timestamptz,
    decided_by text,
    decided_why text,
    primary key (dataset, version),
    unique (dataset, fingerprint)
);

create unique index one_active_version on registry.schema_version (dataset) where status = 'ACTIVE';

-- Landed objects, trimmed to offset ranges, that the guard judged in one transaction.
create table registry.batch (
    dataset text not null references registry.dataset (name),
    batch_id bigint not null check (batch_id > 0),
    status text not null check (status in ('ADMITTED', 'BLOCKED')),
    -- The version its records are read with; while BLOCKED, the version that awaits a decision.
    schema_version integer not null,
    verdict text not null check (verdict in ('NONE', 'INITIAL', 'NON_BREAKING', 'BREAKING')),
    findings jsonb not null,
    record_count bigint not null check (record_count >= 0),
    rejected_count bigint not null check (rejected_count >= 0),
    value_bytes bigint not null check (value_bytes >= 0),
    -- Sum over the records that are not rejected of their 64-bit identity-and-content hash (docs/contracts/content-hash.md).
    content_hash numeric(40) not null,
    -- Newest event time of this batch, clipped to landing + 1 h; null when it has none.
    max_event_time timestamptz,
    -- Newest event time of the earlier batches − 5 min; null for the first: nothing is late.
    watermark timestamptz,
    checked_at timestamptz not null,
    admitted_at timestamptz,
    primary key (dataset, batch_id),
    foreign key (dataset, schema_version) references registry.schema_version (dataset, version),
    check ((status = 'ADMITTED') = (admitted_at is not null))
);

create unique index one_blocked_batch on registry.batch (dataset) where status = 'BLOCKED';

create table registry.batch_object (
    dataset text not null,
    batch_id bigint not null,
    data_key text not null,
    topic_id text not null,
    generation integer not null check (generation > 0),
    partition integer not null check (partition >= 0),
    -- The admitted range, both ends included; offsets outside it in the object belong to other batches.
    first_offset bigint not null check (first_offset >= 0),
    last_offset bigint not null,
    record_count bigint not null check (record_count >= 0),
    landed_at timestamptz not null,
    primary key (dataset, batch_id, data_key),
    unique (dataset, topic_id, partition, first_offset),
    foreign key (dataset, batch_id) references registry.batch (dataset, batch_id),
    check (last_offset >= first_offset)
);

-- How far each partition of each generation has been judged; advanced with `where next_offset = :from`.
create table registry.partition_cursor (
    dataset text not null references registry.dataset (name),
    topic_id text not null,
    generation integer not null check (generation > 0),
    partition integer not null check (partition >= 0),
    next_offset bigint not null check (next_offset >= 0),
    primary key (dataset, topic_id, partition)
);

create table registry.rejected_record (
    dataset text not null,
    batch_id bigint not null,
    topic_id text not null,
    partition integer not null,
    "offset" bigint not null,
    stage text not null check (stage in ('connect', 'parse', 'contract', 'rule')),
    error_type text not null,
    error_message text not null,
    -- The producer's bytes; null when they were too large to keep, the object still has them.
    original_payload bytea,
    failed_at timestamptz not null default now(),
    primary key (dataset, topic_id, partition, "offset", stage),
    foreign key (dataset, batch_id) references registry.batch (dataset, batch_id)
);

create index rejected_record_batch on registry.rejected_record (dataset, batch_id);

-- Proof per batch that nothing was lost or doubled; every term was counted on its own.
create table registry.receipt (
    dataset text not null,
    batch_id bigint not null,
    line text not null check (line in ('landed_to_bronze', 'bronze_to_silver')),
    is_green boolean not null,
    terms jsonb not null,
    mismatches jsonb not null,
    created_at timestamptz not null default now(),
    primary key (dataset, batch_id, line),
    foreign key (dataset, batch_id) references registry.batch (dataset, batch_id)
);

create table registry.lease (
    dataset text primary key references registry.dataset (name),
    token bigint not null,
    holder text not null,
    expires_at timestamptz not null
);

create table registry.backfill (
    id bigint generated always as identity primary key,
    dataset text not null references registry.dataset (name),
    state text not null,
    detail jsonb not null,
    created_at timestamptz not null default now()
);

create table registry.audit_log (
    id bigint generated always as identity primary key,
    dataset text,
    actor text not null,
    action text not null,
    why text not null default '',
    detail jsonb not null default '{}',
    at timestamptz not null default now()
);

create table registry.idempotency_key (
    key text primary key,
    request_hash text not null,
    status integer not null,
    body jsonb not null,
    created_at timestamptz not null default now()
);

-- What Spark may see: admitted batches only. The role's rights end here (invariant 2).
create schema admitted;

create view admitted.dataset as
select d.name, d.kafka_topic, d.document ->> 'mode' as mode, d.document::text as document
from registry.dataset as d;

create view admitted.batch as
select
    b.dataset, b.batch_id, b.schema_version, v.ddl, v.columns::text as columns,
    b.admitted_at, b.watermark, b.record_count, b.rejected_count
from registry.batch as b
inner join registry.schema_version as v on b.dataset = v.dataset and b.schema_version = v.version
where b.status = 'ADMITTED';

create view admitted.object as
select
    o.dataset, o.batch_id, o.data_key, o.topic_id, o.generation, o.partition,
    o.first_offset, o.last_offset
from registry.batch_object as o
inner join registry.batch as b on o.dataset = b.dataset and o.batch_id = b.batch_id
where b.status = 'ADMITTED';

create view admitted.rejected as
select r.dataset, r.batch_id, r.topic_id, r.partition, r."offset"
from registry.rejected_record as r
inner join registry.batch as b on r.dataset = b.dataset and r.batch_id = b.batch_id
where b.status = 'ADMITTED';

do $$
begin
    if exists (select from pg_roles where rolname = 'tidegate_spark') then
        grant usage on schema admitted to tidegate_spark;
        grant select on all tables in schema admitted to tidegate_spark;
    end if;
end $$;
