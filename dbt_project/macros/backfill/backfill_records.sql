{#- SQL: the row's event time lies in the backfill's window. -#}
{% macro in_backfill(alias, backfill) -%}
    {%- if backfill.all -%}
        true
    {%- else -%}
        ({{ alias }}.event_time >= timestamp'{{ backfill.start }}' and {{ alias }}.event_time < timestamp'{{ backfill.end }}')
    {%- endif -%}
{%- endmacro %}


{#-
    SQL for every record of each key that has one in the window, parsed with the ACTIVE schema: with those, a key's row
    is made anew from nothing, as a rebuild would make it, whatever the stored row says.
-#}
{% macro records_of_backfilled_keys(bronze, position) -%}
    {%- set known = '(select * from ' ~ silver_source(bronze, position) ~ ' where batch_id <= ' ~ position.upto ~ ')' -%}
    {%- if position.backfill.all -%}
        {{ payload_records(known, position) }}
    {%- else -%}
        {%- set window = '(select * from ' ~ known ~ ' as w where ' ~ in_backfill('w', position.backfill) ~ ')' -%}
        select k.*
        from (
            {{ payload_records(known, position) }}
        ) as k
        left semi join (
            {{ payload_records(window, position) }}
        ) as w on {{ same_key('k', 'w', position.fields.pk_fields or ['key']) }}
    {%- endif -%}
{%- endmacro %}


{#-
    SQL for the rows of append() in a backfill: the window's records parsed with the ACTIVE schema, and the flags of all rows
    that they may precede: those of the 24 hours behind the window. Rows of the 24 hours before it only stand
    before others. Rows outside the window keep their text as it was parsed; only their flag may change, in either direction.
-#}
{% macro append_backfill(bronze, position, held) -%}
    {%- set backfill = position.backfill -%}
    {%- set ids = columns_of(position.fields.event_id or []) -%}
    {%- set clock = ['event_time', 'generation', 'kafka_timestamp', 'kafka_partition', 'kafka_offset'] -%}
    {%- set common = ids + clock + ['topic_id'] -%}
    {%- set window = '(select * from ' ~ silver_source(bronze, position) ~ ' as w where batch_id <= ' ~ position.upto ~ ' and ' ~ in_backfill('w', backfill) ~ ')' -%}
        with arriving as (
            select a.* except (is_deleted)
            from (
                {{ payload_records(window, position) }}
            ) as a
        ),
        rivals as (
            select struct(a.*) as record, cast(null as boolean) as was_duplicate, {{ common | join(', ') }}
            from arriving as a
            {%- if ids %}
            union all
            select null as record, s.is_duplicate as was_duplicate, s.{{ common | join(', s.') }}
            from {{ held }} as s
            where not {{ in_backfill('s', backfill) }}
                and s.event_time >= timestamp'{{ backfill.start }}' - interval 24 hours
                and s.event_time <= timestamp'{{ backfill.end }}' + interval 24 hours
            {%- endif %}
        ),
        flagged as (
            select
                *,
                {{ repeats(ids, clock) }} as is_duplicate
            from rivals
        )
        select
            record.*,
            is_duplicate,
            struct(
                if(record is null, 'flag', 'row') as kind, topic_id, kafka_partition, kafka_offset
            ) as {{ change_column() }}
        from flagged
        where record is not null
            or (event_time >= timestamp'{{ backfill.end }}' and is_duplicate <> was_duplicate)
{%- endmacro %}
