{#-
    SQL for one row per key from the change records of a captured table: a deletion is a state among the others.

    Order: (generation, streamed or read, order_by, then as in order_of()). A row that a snapshot read comes before every
    streamed change of its key, whatever its `__lsn`: a transaction that began before the snapshot's place in the log and
    was committed after it has a smaller one. A deleted row keeps its key and Debezium's own fields.

    Tombstones say nothing that the deletion before them has not said: they have no place in the log and come first.

    Args:
        records: SQL of `payload_records()`.
        position: What position() returned.
        held: The table as it is; none: it is built anew.
        deleted_when: Condition on the payload's columns that makes a record a deletion.
-#}
{% macro change_rows(records, position, held, deleted_when) -%}
    {%- set keys = columns_of(position.fields.pk_fields or ['key']) -%}
        with arriving as (
            select
                a.* except (is_deleted),
                a.is_deleted or coalesce({{ deleted_when }}, false) as is_deleted
            from (
                {{ records }}
            ) as a
        ),
        best as (
            select max_by(struct(a.*), {{ change_order('a', position.fields.order_by) }}) as record
            from arriving as a
            group by {{ keys | join(', ') }}
        ),
        newest as (
            select record.* from best
        )
        select
            {%- for column in position.columns %}
            {{ kept_when_deleted(column.name, position.fields.pk_fields or []) }},
            {%- endfor %}
            {%- for name in record_columns() %}
            n.{{ name }},
            {%- endfor %}
            n.is_deleted,
            cast(null as map<string, struct<kafka_offset: bigint, kafka_timestamp: timestamp>>) as tombstones,
            cast(null as array<struct<batch_id: bigint, topic_id: string, kafka_partition: int, kafka_offset: bigint, kafka_timestamp: timestamp>>) as contenders,
            'row' as {{ change_column() }}
        from newest as n
        {%- if held %}
        left join (
            select s.*
            from {{ held }} as s
            left semi join arriving as k on {{ same_key('s', 'k', position.fields.pk_fields or ['key']) }}
        ) as h on {{ same_key('n', 'h', position.fields.pk_fields or ['key']) }}
        where h.topic_id is null
            or {{ change_order('n', position.fields.order_by) }} >= {{ change_order('h', position.fields.order_by) }}
        {%- endif %}
{%- endmacro %}


{#- SQL: a change's place in the total order of its key, as a struct that compares null lowest. -#}
{% macro change_order(alias, order_by) -%}
    struct(
        {{ alias }}.generation, {{ alias }}.__op <> 'r' as is_streamed, {{ order_of(alias, order_by) }} as place
    )
{%- endmacro %}


{#- SQL: a payload column, null in a deleted row unless it tells which row, when and why: zeros and empty texts stand there. -#}
{% macro kept_when_deleted(field, keys) -%}
    {%- set column = quoted(silver_name(field)) -%}
    {%- if field in keys or field.startswith('__') -%}
        n.{{ column }}
    {%- else -%}
        if(n.is_deleted, null, n.{{ column }}) as {{ column }}
    {%- endif -%}
{%- endmacro %}


{#- A captured dataset's silver must say when a record is a deletion, and only its may. -#}
{% macro check_deleted_when(macro_name, position, deleted_when) -%}
    {%- if execute and position.fields.cdc and not deleted_when -%}
        {{ exceptions.raise_compiler_error(
            macro_name ~ "('" ~ position.dataset ~ "'): the dataset holds a table's changes, and nothing says which are deletions."
            ~ " Nothing was built.\nNext: " ~ macro_name ~ "('" ~ position.dataset ~ "', deleted_when=\"__deleted = 'true'\")") }}
    {%- elif execute and deleted_when and not position.fields.cdc -%}
        {{ exceptions.raise_compiler_error(
            macro_name ~ "('" ~ position.dataset ~ "', deleted_when=…): only a dataset with cdc orders deletions among its changes."
            ~ " Nothing was built.\nNext: declare cdc in connect/datasets/" ~ position.dataset ~ ".yml (docs/cdc.md)") }}
    {%- endif -%}
{%- endmacro %}
