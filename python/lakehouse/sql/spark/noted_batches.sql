-- How many records of each batch a build noted as rejected by a rule; read from the table's metadata alone.
select f.partition.batch_id as batch_id, sum(f.record_count) as records
from {{ noted }}.files as f
where f.partition.batch_id <= {{ upto }}
group by f.partition.batch_id
