-- What bronze holds of some batches, per partition; the hash is that of docs/contracts/content-hash.md.
select
    b.batch_id,
    b.topic_id,
    b.kafka_partition,
    count(*) as bronze,
    count(*) - count(distinct b.kafka_offset) as doubled,
    min(b.kafka_offset) as first_offset,
    max(b.kafka_offset) as last_offset,
    cast(sum(cast(xxhash64(concat_ws(
        chr(31),
        b.topic_id, cast(b.kafka_partition as string), cast(b.kafka_offset as string),
        coalesce(b.kafka_key, chr(0)), coalesce(b.value, chr(0))
    )) as decimal(38, 0))) as string) as content_hash
from {{ bronze }} as b
where b.batch_id in ({{ batches }})
group by b.batch_id, b.topic_id, b.kafka_partition
