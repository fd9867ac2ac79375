-- Bronze's records of some batches, and those of stored replay objects that silver alone reads; neither the rejected.
select batch_id, topic_id, generation, kafka_partition, kafka_offset, kafka_timestamp, kafka_key, value
from {{ bronze }}
where batch_id in ({{ batches }})
union all
select
    o.batch_id, o.topic_id, cast(o.generation as int) as generation, t.line.partition as kafka_partition,
    t.line.offset as kafka_offset, timestamp_millis(t.line.timestamp) as kafka_timestamp,
    coalesce(t.line.key, concat('base64:', t.line.key_base64)) as kafka_key, t.line.value
from (
    select
        substr(_metadata.file_path, {{ root_length + 1 }}) as data_key,
        from_json(
            value,
            'partition int, offset bigint, timestamp bigint, key string, key_base64 string, value string'
        ) as line
    from text.`{{ path }}`
) as t
inner join (
    select * from meta.admitted.silver_object where dataset = '{{ dataset }}' and batch_id in ({{ batches }})
) as o
    on t.data_key = o.data_key
left anti join (
    select * from meta.admitted.rejected where dataset = '{{ dataset }}' and batch_id in ({{ batches }})
) as x
    on
        o.batch_id = x.batch_id and o.topic_id = x.topic_id
        and t.line.partition = x.partition and t.line.offset = x.`offset`
