-- What bronze sees of a landed object: its lines as text, each parsed with the record line's fixed columns.
select
    r.line.partition as kafka_partition,
    r.line.offset as kafka_offset,
    r.line.key,
    r.line.key_base64,
    r.line.value,
    r.line.value_base64,
    r.line.headers
from (
    select from_json(value, '{{ ddl }}') as line
    from text.`s3a://{{ bucket }}/{{ key }}`
) as r
