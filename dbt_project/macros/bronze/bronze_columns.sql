{#- Bronze's columns in order: (name, type). The same for every dataset, for ever. -#}
{% macro bronze_columns() -%}
    {%- do return([
        ('topic_id', 'string'), ('generation', 'int'), ('kafka_partition', 'int'), ('kafka_offset', 'bigint'),
        ('kafka_timestamp', 'timestamp'), ('kafka_key', 'string'),
        ('kafka_headers', 'array<struct<name:string,value:string>>'), ('value', 'string'),
        ('event_time', 'timestamp'), ('ingested_at', 'timestamp'),
        ('is_late_arrival', 'boolean'), ('is_beyond_lateness', 'boolean'),
        ('schema_version', 'int'), ('batch_id', 'bigint'),
    ]) -%}
{%- endmacro %}
