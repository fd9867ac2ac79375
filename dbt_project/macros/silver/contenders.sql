{#- SQL for the places of known living records, apart from the stored one, that may outlive it; null when there are none. -#}
{% macro contenders_of(held) -%}
    {%- set stored = 'if(wins, place, held.place)' if held else 'place' -%}
    {%- set known = 'living' -%}
    {%- if held -%}
        {%- set known = 'array_union(array_union(living, coalesce(held.contenders, array())), if(held.is_deleted, array(), array(held.place)))' -%}
        {%- set known = 'if(held is null, living, ' ~ known ~ ')' -%}
    {%- endif -%}
    nullif(array_sort(filter(
        array_distinct({{ known }}),
        c -> not {{ is_cut('tombstones', 'c') }} and not {{ is_outlived('c', stored) }}
    )), array())
{%- endmacro %}


{#-
    SQL: whatever cuts the stored record cuts the place too, or it is that record.

    Only within one partition can that be known; through another a tombstone may come that reaches just one of them.
-#}
{% macro is_outlived(place, stored) -%}
    (
        {{ place }}.topic_id = {{ stored }}.topic_id and {{ place }}.kafka_partition = {{ stored }}.kafka_partition
        and {{ place }}.kafka_offset <= {{ stored }}.kafka_offset and {{ place }}.kafka_timestamp <= {{ stored }}.kafka_timestamp
    )
{%- endmacro %}


{#- The window's records, and the contenders of the keys that it has tombstones for: those compete again. -#}
{% macro with_contenders(bronze, position, held) -%}
    {%- set window = bronze_window(bronze, position) -%}
    {%- set again = contended(window, position, held) -%}
    {%- set batches = contended_batches(again, position) -%}
    {%- if not batches -%}
        {%- do return(window) -%}
    {%- endif -%}
    (
        select * from {{ window }}
        union all
        select b.*
        from {{ silver_source(bronze, position) }} as b
        left semi join ({{ again }}) as c on {{ same_identity('b', 'c') }}
        where b.batch_id in ({{ batches | join(', ') }})
    )
{%- endmacro %}


{#- SQL: contenders of keys with an arriving tombstone. -#}
{% macro contended(window, position, held) -%}
    {%- set keys = position.fields.pk_fields or [] -%}
    select s.c.*
    from (
        select {{ columns_of(keys) | join(', ') }}, explode(contenders) as c
        from {{ held }}
        where contenders is not null
    ) as s
    left semi join (
        select * from ({{ payload_records(window, position) }}) as a where a.is_deleted
    ) as d on {{ same_key('s', 'd', keys) }}
{%- endmacro %}


{#- Their batches, read before the write: as literals they name the partitions of bronze, so that no other is opened. -#}
{% macro contended_batches(again, position) -%}
    {%- if not execute or position.upto <= position.after -%}
        {%- do return([]) -%}
    {%- endif -%}
    {%- set found = run_query('select distinct batch_id from (' ~ again ~ ') where batch_id <= ' ~ position.after) -%}
    {%- do return(found.columns[0].values() | list) -%}
{%- endmacro %}
