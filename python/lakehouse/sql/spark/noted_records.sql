-- A page of the records of one batch that a build noted as rejected by a rule, behind a place.
select
    n.topic_id, n.kafka_partition, n.kafka_offset, array_join(n.rules, ', ') as rules,
    if(octet_length(n.value) <= {{ most_bytes }}, n.value, null) as payload
from {{ noted }} as n
where
    n.batch_id = {{ batch_id }}
    and struct(n.topic_id, n.kafka_partition, n.kafka_offset)
    > struct('{{ topic_id }}', {{ partition }}, bigint({{ offset }}))
order by n.topic_id, n.kafka_partition, n.kafka_offset
limit {{ page }}
