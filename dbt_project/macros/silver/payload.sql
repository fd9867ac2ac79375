{#-
    The records of bronze that this table lacks, their payload as columns: `from {{ payload('orders') }}`.

    Columns: the payload's top-level fields in the schema's order, then `record_columns()`, then `is_deleted`
    (true for a tombstone, whose payload is null but for the dataset's key fields, read from the Kafka key).
    A field named like a column that Tidegate adds appears as `payload_<name>`. `schema_version` is the version
    the text was parsed with: the one of the newest batch in bronze.

    Args:
        dataset: Name of a registered dataset; its bronze model is brz_<dataset>.
-#}
{% macro payload(dataset) -%}
    {%- set bronze = ref('brz_' ~ dataset) -%}
    {%- set position = position(dataset, bound=bronze) -%}
    {%- do payload_needs_schema(position) -%}
    (
        {{ window_note(position) }}
        {{ payload_records(bronze_window(bronze, position), position) }}
    )
{%- endmacro %}


{% macro bronze_window(bronze, position) -%}
    {%- set after = 0 if position.backfill else position.after -%}
    (
        select * from {{ silver_source(bronze, position, after) }} as w
        where batch_id > {{ after }} and batch_id <= {{ position.upto }}
        {%- if position.backfill %} and {{ in_backfill('w', position.backfill) }}{% endif %}
    )
{%- endmacro %}


{#- SQL for the payload's and the record's columns of `source`, a subquery of bronze rows; without what a rule rejects. -#}
{% macro payload_records(source, position) -%}
    {{ kept_records(parsed_records(source, position), position) }}
{%- endmacro %}


{% macro parsed_records(source, position) -%}
    {%- set keys = position.fields.pk_fields or [] -%}
        select
            {%- for column in position.columns %}
            {%- set parsed = 'r.parsed.' ~ quoted(column.name) %}
            {% if column.name in keys -%}
            coalesce({{ parsed }}, {{ key_from_kafka(column, position) }}) as {{ quoted(silver_name(column.name)) }},
            {%- else -%}
            {{ parsed }} as {{ quoted(silver_name(column.name)) }},
            {%- endif %}
            {%- endfor %}
            {%- for name in record_columns() %}
            {{ position.version ~ ' as schema_version' if name == 'schema_version' else 'r.' ~ name }},
            {%- endfor %}
            r.value is null as is_deleted
        from (
            select *, from_json(value, '{{ ddl_of(position.columns) }}') as parsed
            from {{ source }}
        ) as r
{%- endmacro %}


{% macro payload_needs_schema(position) -%}
    {%- if execute and position.version == 0 -%}
        {{ exceptions.raise_compiler_error(
            "dataset " ~ position.dataset ~ ": bronze holds no admitted batch yet, so " ~ model.name
            ~ " has no columns. Nothing was built.\nNext: `tidegate run " ~ position.dataset ~ "`") }}
    {%- endif -%}
{%- endmacro %}


{#- The columns as a DDL inside an SQL string literal. -#}
{% macro ddl_of(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append(quoted(column.name) ~ ' ' ~ column.type) -%}
    {%- endfor -%}
    {%- do return(parts | join(', ') | replace('\\', '\\\\') | replace("'", "\\'")) -%}
{%- endmacro %}


{#- SQL for a key column of a tombstone. One key field: the Kafka key is its text, or JSON holding it; several: JSON. -#}
{% macro key_from_kafka(column, position) -%}
    {%- set field = "from_json(r.kafka_key, '" ~ ddl_of([column]) ~ "')." ~ quoted(column.name) -%}
    {%- if position.fields.pk_fields | length > 1 -%}
        {%- do return(field) -%}
    {%- endif -%}
    {%- set as_type = ' as ' ~ column.type ~ ')' -%}
    {%- do return(
        "case when ltrim(r.kafka_key) like '{%' then " ~ field
        ~ " when r.kafka_key like '\"%' then try_cast(get_json_object(r.kafka_key, '$')" ~ as_type
        ~ " else try_cast(r.kafka_key" ~ as_type ~ " end"
    ) -%}
{%- endmacro %}
