-- What bronze still knows of every batch, per partition: enough to find the objects each was made of.
select
    b.batch_id,
    b.topic_id,
    max(b.generation) as generation,
    b.kafka_partition,
    min(b.kafka_offset) as first_offset,
    max(b.kafka_offset) as last_offset,
    count(*) as row_count,
    max(b.schema_version) as schema_version,
    max(b.ingested_at) as ingested_at
from {{ bronze }} as b
group by b.batch_id, b.topic_id, b.kafka_partition
