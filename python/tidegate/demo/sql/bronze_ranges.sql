-- Count and content hash per partition of one bronze table (docs/contracts/content-hash.md).
select
    topic_id,
    kafka_partition,
    count(*) as records,
    cast(sum(cast(xxhash64(concat_ws(
        chr(31), topic_id, cast(kafka_partition as string), cast(kafka_offset as string),
        coalesce(kafka_key, chr(0)), coalesce(value, chr(0))
    )) as decimal(38, 0))) as string) as content_hash
from bronze.brz_{dataset}
group by topic_id, kafka_partition
order by topic_id, kafka_partition
