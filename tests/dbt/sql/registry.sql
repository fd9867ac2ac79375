-- name: put_dataset!
insert into registry.dataset (name, kafka_topic, document, source)
values (:name, :name, :document, 'file')
on conflict (name) do nothing;

-- name: put_version!
insert into registry.schema_version (dataset, version, status, fingerprint, schema, ddl, columns, verdict, findings)
values (:dataset, :version, 'SUPERSEDED', :fingerprint, '{}', :ddl, :columns, 'NONE', '[]')
on conflict (dataset, version) do nothing;

-- name: put_batch!
insert into registry.batch (
    dataset, batch_id, status, schema_version, verdict, findings, record_count, rejected_count, value_bytes,
    content_hash, watermark, checked_at, admitted_at
)
values (
    :dataset, :batch_id, :status, :version, 'NONE', '[]', :record_count, :rejected_count, 0,
    0, :watermark, :at, :admitted_at
);

-- name: put_object!
insert into registry.batch_object (
    dataset, batch_id, data_key, topic_id, generation, partition, first_offset, last_offset, record_count, landed_at
)
values (
    :dataset, :batch_id, :data_key, :topic_id, :generation, :partition, :first_offset, :last_offset, :record_count, :at
);

-- name: put_rejected!
insert into registry.rejected_record (dataset, batch_id, topic_id, partition, "offset", stage, error_type, error_message)
values (:dataset, :batch_id, :topic_id, :partition, :offset, 'parse', 'NOT_JSON', 'not JSON');

-- name: forget_rejected!
delete from registry.rejected_record where dataset = :dataset;

-- name: forget_objects!
delete from registry.batch_object where dataset = :dataset;

-- name: forget_batches!
delete from registry.batch where dataset = :dataset;

-- name: forget_versions!
delete from registry.schema_version where dataset = :dataset;

-- name: forget_dataset!
-- The service may just have looked at its connector.
with observed as (delete from registry.connector where dataset = :dataset)
delete from registry.dataset where name = :dataset;
