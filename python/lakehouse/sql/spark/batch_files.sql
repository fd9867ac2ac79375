-- Files that hold single proven batches still: how many, of which batches.
select count(*) as files, min(f.partition.batch_id) as first_batch, max(f.partition.batch_id) as last_batch
from {{ bronze }}.files as f
where f.spec_id = 0 and f.partition.batch_id <= {{ upto }}
