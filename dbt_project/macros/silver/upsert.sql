{#-
    One row per key, its newest state, whatever order records arrive in: `from {{ upsert('orders') }} as orders`.

    Key and order are the dataset's pk_fields and order_by. Order: (order_by, generation, kafka_timestamp,
    kafka_partition, kafka_offset), null lowest. A tombstone cuts the records of its key that came earlier: a smaller offset in its own
    partition, a smaller kafka_timestamp in others. A key without a living record stays, with `is_deleted`;
    `tombstones` keeps the newest one per partition, so that a late older record stays dead.

    Emits a row per key that changes; the columns of `payload()`, then `tombstones`, then `tidegate_change`:
    'row' replaces the key's row, 'tombstones' keeps the stored row and renews that column alone.

    Args:
        dataset: Name of a registered dataset of mode upsert.
-#}
{% macro upsert(dataset) -%}
    {%- set bronze = ref('brz_' ~ dataset) -%}
    {%- set position = position(dataset, bound=bronze) -%}
    {%- do payload_needs_schema(position) -%}
    {%- do needs_fields('upsert', position, ['pk_fields']) -%}
    (
        {{ window_note(position) }}
        {{ upsert_rows(payload_records(bronze, position), position.fields, this if is_incremental() else none) }}
    )
{%- endmacro %}


{% macro upsert_rows(records, fields, held) -%}
    {%- set keys = fields.pk_fields or ['key'] -%}
        with arriving as (
            select
                struct(a.*) as record,
                {{ columns_of(keys, 'a.') | join(', ') }},
                {{ order_of('a', fields.order_by) }} as position,
                {{ lane_of('a') }} as lane,
                collect_list(case when a.is_deleted then {{ tombstone_of('a') }} end)
                    over (partition by {{ columns_of(keys, 'a.') | join(', ') }}) as cuts
            from (
                {{ records }}
            ) as a
        ),
        judged as (
            select
                a.*,
                {{ 'h.held' if held else 'cast(null as boolean) as held' }},
                {{ merged_tombstones('a.cuts', 'h.held.tombstones' if held else 'null') }} as tombstones
            from arriving as a
            {%- if held %}
            left join (
                select
                    {{ columns_of(keys, 's.') | join(', ') }},
                    struct(
                        s.is_deleted, s.tombstones, s.kafka_offset, s.kafka_timestamp,
                        {{ lane_of('s') }} as lane, {{ order_of('s', fields.order_by) }} as position
                    ) as held
                from {{ held }} as s
            ) as h on {{ same_key('a', 'h', keys) }}
            {%- endif %}
        ),
        best as (
            select max_by(struct(j.*), struct(not j.record.is_deleted as alive, j.position)) as b
            from judged as j
            where j.record.is_deleted or not {{ is_cut('j.tombstones', 'j.lane', 'j.record') }}
            group by {{ columns_of(keys, 'j.') | join(', ') }}
        ),
        changes as (
            select b.*, {{ upsert_change(held) }} as {{ change_column() }}
            from best
        )
        select record.*, tombstones, {{ change_column() }}
        from changes
        where {{ change_column() }} is not null
{%- endmacro %}


{#- SQL: 'row' when the arriving best replaces what is held, 'tombstones' when it only adds some, else null. -#}
{% macro upsert_change(held) -%}
    {%- if not held -%}
        'row'
    {%- else -%}
        case
            when b.held is null then 'row'
            when not b.held.is_deleted and {{ is_cut('b.tombstones', 'b.held.lane', 'b.held') }} then 'row'
            when b.held.is_deleted and not b.record.is_deleted then 'row'
            when b.held.is_deleted = b.record.is_deleted and b.position >= b.held.position then 'row'
            when size(b.cuts) > 0 then 'tombstones'
        end
    {%- endif -%}
{%- endmacro %}
