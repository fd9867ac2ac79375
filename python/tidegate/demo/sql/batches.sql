-- The newest batches of the demo's datasets (PostgreSQL).
select dataset, batch_id, status, verdict, schema_version, record_count, rejected_count
from registry.batch
where dataset in ('orders', 'flights')
order by dataset, batch_id
