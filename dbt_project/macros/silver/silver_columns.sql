{#- Columns every silver row has from its record, in order. -#}
{% macro record_columns() -%}
    {%- do return([
        'event_time', 'ingested_at', 'is_late_arrival', 'is_beyond_lateness', 'topic_id', 'generation',
        'kafka_partition', 'kafka_offset', 'kafka_timestamp', 'schema_version', 'batch_id',
    ]) -%}
{%- endmacro %}


{#- The silver column of a payload field: its own name, or payload_<name> where Tidegate has a column of that name. -#}
{% macro silver_name(field) -%}
    {%- set taken = record_columns() + [
        'is_deleted', 'tombstones', 'contenders', 'is_duplicate', 'valid_from', 'valid_to', 'is_current',
        'validation_status', 'validation_errors', change_column(),
    ] -%}
    {%- do return('payload_' ~ field if field | lower in taken else field) -%}
{%- endmacro %}


{#- A silver select tells its write, in this column, what becomes of each row; it is not stored. -#}
{% macro change_column() -%}
    {%- do return('tidegate_change') -%}
{%- endmacro %}


{% macro quoted(name) -%}
    {%- do return('`' ~ name | replace('`', '``') ~ '`') -%}
{%- endmacro %}


{#- Payload fields as SQL columns behind a prefix, such as `r.`; a list. -#}
{% macro columns_of(fields, prefix='') -%}
    {%- set columns = [] -%}
    {%- for field in fields -%}
        {%- do columns.append(prefix ~ quoted(silver_name(field))) -%}
    {%- endfor -%}
    {%- do return(columns) -%}
{%- endmacro %}
