-- What a rebuild writes behind the guard's own statements: the times that only bronze still knows.

-- name: last_batch_id(dataset)$
-- The newest batch that the registry holds; 0 when it holds none.
select coalesce(max(batch_id), 0) from registry.batch where dataset = :dataset;

-- name: date_batch(at, dataset, batch_id)!
-- When the batch was admitted; when it was checked is not known any more, at the latest then.
update registry.batch set checked_at = :at, admitted_at = :at
where dataset = :dataset and batch_id = :batch_id;

-- name: date_rejected(at, dataset, batch_id)!
-- The batch's rejected records failed with it.
update registry.rejected_record set failed_at = :at where dataset = :dataset and batch_id = :batch_id;

-- name: date_replayed(at, dataset, batch_id)!
-- A replay's objects were stored a moment before it.
update registry.replayed_record set at = :at where dataset = :dataset and batch_id = :batch_id;

-- name: date_versions(at, dataset)!
-- Versions made in this transaction: they came with the batch, not today.
update registry.schema_version
set created_at = :at, decided_at = case when decided_at is not null then :at::timestamptz end
where dataset = :dataset and created_at = now();
