{#-
    Every record as a row, repeats of an event flagged: `from {{ append('flights') }}`.

    A row is a duplicate when another row of its event id (the dataset's event_id fields) precedes it in the order
    (event_time, generation, kafka_timestamp, kafka_partition, kafka_offset) by at most 24 hours of event time, whether that
    row is itself a duplicate or not. A null in the event id: never. Rows of one id without event time follow each other
    at no distance. A late row may precede rows already stored: those are flagged again.

    Columns: those of `payload()` but for is_deleted, then `is_duplicate`, then `tidegate_change`: what becomes of the row
    ('row' is stored, 'flag' marks the stored row as a duplicate) and its identity.

    Args:
        dataset: Name of a registered dataset of mode append.
-#}
{% macro append(dataset) -%}
    {%- set bronze = ref('brz_' ~ dataset) -%}
    {%- set position = position(dataset, bound=bronze) -%}
    {%- do payload_needs_schema(position) -%}
    {%- set whole = position.backfill and position.backfill.all -%}
    {%- set held = this if is_incremental() and not whole else none -%}
    {%- set span = event_span(bronze, position) if held and not position.backfill else none -%}
    (
        {{ window_note(position, {'span': span}) }}
        {%- if position.backfill and held %}
        {{ append_backfill(bronze, position, held) }}
        {%- else %}
        {{ append_rows(payload_records(bronze_window(bronze, position), position), position.fields, held, span) }}
        {%- endif %}
    )
{%- endmacro %}


{% macro append_rows(records, fields, held, span) -%}
    {%- set ids = columns_of(fields.event_id or []) -%}
    {%- set clock = ['event_time', 'generation', 'kafka_timestamp', 'kafka_partition', 'kafka_offset'] -%}
    {%- set common = ids + clock + ['topic_id'] -%}
        with arriving as (
            select a.* except (is_deleted)
            from (
                {{ records }}
            ) as a
        ),
        rivals as (
            select struct(a.*) as record, false as was_duplicate, {{ common | join(', ') }}
            from arriving as a
            {%- if held and ids %}
            union all
            select null as record, s.is_duplicate as was_duplicate, s.{{ common | join(', s.') }}
            from {{ held }} as s
            left semi join arriving as a on {{ same_key('s', 'a', fields.event_id) }}
            left anti join arriving as b on {{ same_identity('s', 'b') }}
            where {{ in_span('s', span) }}
            {%- endif %}
        ),
        flagged as (
            select
                *,
                was_duplicate or {{ repeats(ids, clock) }} as is_duplicate
            from rivals
        )
        select
            record.*,
            is_duplicate,
            struct(
                if(record is null, 'flag', 'row') as kind, topic_id, kafka_partition, kafka_offset
            ) as {{ change_column() }}
        from flagged
        where record is not null or is_duplicate > was_duplicate
{%- endmacro %}


{#- SQL: a row of the same event id stands before this one, at most 24 hours away. The nearest one decides. -#}
{% macro repeats(ids, clock) -%}
    {%- if not ids -%}
        false
    {%- else -%}
        {%- set w = 'over (partition by ' ~ ids | join(', ') ~ ' order by ' ~ clock | join(', ') ~ ')' -%}
                case
                    when {{ ids | join(' is null or ') }} is null then false
                    when row_number() {{ w }} = 1 then false
                    when event_time is null then true
                    else coalesce(event_time <= lag(event_time) {{ w }} + interval 24 hours, false)
                end
    {%- endif -%}
{%- endmacro %}


{% macro same_identity(left, right) -%}
    {{ left }}.topic_id = {{ right }}.topic_id and {{ left }}.kafka_partition = {{ right }}.kafka_partition and {{ left }}.kafka_offset = {{ right }}.kafka_offset
{%- endmacro %}
