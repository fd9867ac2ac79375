-- What people read about a dataset's schemas and batches; nothing here writes.

-- name: versions(dataset)
-- Every version, newest first, without the schema itself.
select
    version, status, verdict, base_version, fingerprint, created_at,
    decided_at, decided_by, decided_why, jsonb_array_length(findings) as finding_count
from registry.schema_version
where dataset = :dataset
order by version desc;

-- name: version(dataset, version)^
-- One version with everything it holds.
select
    version, status, verdict, base_version, fingerprint, ddl, columns, schema, findings,
    created_at, decided_at, decided_by, decided_why
from registry.schema_version
where dataset = :dataset and version = :version;

-- name: newest_version(dataset)$
-- The number of the version that came last; null before the first batch.
select max(version) from registry.schema_version where dataset = :dataset;

-- name: batches(dataset, before, page)
-- A page of batches, newest first: those before a number.
select
    batch_id, status, schema_version, verdict, record_count, rejected_count, value_bytes,
    findings, watermark, max_event_time, checked_at, admitted_at
from registry.batch
where dataset = :dataset and batch_id < :before
order by batch_id desc
limit :page;
