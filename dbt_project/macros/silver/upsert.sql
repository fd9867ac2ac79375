{#-
    One row per key, its newest state, whatever order records arrive in: `from {{ upsert('orders') }}`.

    Key and order are the dataset's pk_fields and order_by. Order: (order_by, generation, kafka_timestamp,
    kafka_partition, kafka_offset), null lowest. A tombstone cuts the records of its key that came earlier: a smaller offset in its own
    partition, a smaller kafka_timestamp in others. A key without a living record stays, with `is_deleted`.

    Two columns remember what later records need. `tombstones`: the newest per partition, so that a late older record stays
    dead. `contenders`: places in bronze of records that lost by order_by but could outlive the stored one, since
    a later tombstone may cut that one and not them; then they are read again.

    Emits a row per key that changes; the columns of `payload()`, then `tombstones`, `contenders` and `tidegate_change`:
    'row' replaces the key's row, 'memory' renews those two columns of the stored row.

    Args:
        dataset: Name of a registered dataset of mode upsert.
        deleted_when: For a dataset with cdc: SQL condition on the payload's columns that makes a record a deletion.
            Its changes are ordered by their place in PostgreSQL's log, deletions among them (`changes.sql`).
-#}
{% macro upsert(dataset, deleted_when=none) -%}
    {%- set bronze = ref('brz_' ~ dataset) -%}
    {%- set position = position(dataset, bound=bronze) -%}
    {%- do payload_needs_schema(position) -%}
    {%- do needs_fields('upsert', position, ['pk_fields']) -%}
    {%- do check_deleted_when('upsert', position, deleted_when) -%}
    {%- set held = this if is_incremental() and not position.backfill else none -%}
    (
        {{ window_note(position) }}
        {%- if deleted_when %}
        {{ change_rows(arriving_records(bronze, position, none), position, held, deleted_when) }}
        {%- else %}
        {{ upsert_rows(arriving_records(bronze, position, held), position.fields, held) }}
        {%- endif %}
    )
{%- endmacro %}


{#- SQL for the records that make this run's rows; of a backfill, all records of the keys that it makes anew. -#}
{% macro arriving_records(bronze, position, held) -%}
    {%- if position.backfill -%}
        {{ records_of_backfilled_keys(bronze, position) }}
    {%- else -%}
        {{ payload_records(with_contenders(bronze, position, held) if held else bronze_window(bronze, position), position) }}
    {%- endif -%}
{%- endmacro %}


{#-
    SQL: what becomes of the keys of arriving records.

    A key is one column, `row_key`, by which records are gathered, joined and reduced: Spark then moves them once. As structs compare,
    a null key equals itself. Of what is held only rows of arriving keys go on; the others stream past those keys, unmoved.
-#}
{% macro upsert_rows(records, fields, held) -%}
    {%- set keys = fields.pk_fields or ['key'] -%}
        with keyed as (
            select
                struct(a.*) as record,
                {{ row_key_of('a', keys) }} as row_key,
                {{ order_of('a', fields.order_by) }} as position,
                {{ place_of('a') }} as place
            from (
                {{ records }}
            ) as a
        ),
        arriving as (
            select *, collect_list(case when record.is_deleted then place end) over (partition by row_key) as cuts
            from keyed
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
                    {{ row_key_of('s', keys) }} as row_key,
                    struct(
                        s.is_deleted, s.tombstones, s.contenders,
                        {{ place_of('s') }} as place, {{ order_of('s', fields.order_by) }} as position
                    ) as held
                from {{ held }} as s
                left semi join keyed as k on {{ row_key_of('s', keys) }} = k.row_key
            ) as h on a.row_key = h.row_key
            {%- endif %}
        ),
        best as (
            select
                max_by(struct(j.*), struct(not j.record.is_deleted as alive, j.position)) as b,
                collect_list(case when not j.record.is_deleted then j.place end) as living
            from judged as j
            where j.record.is_deleted or not {{ is_cut('j.tombstones', 'j.place') }}
            group by j.row_key
        ),
        decided as (
            select b.*, living, {{ best_wins(held) }} as wins
            from best
        ),
        changes as (
            select *, {{ contenders_of(held) }} as contenders
            from decided
        )
        select
            record.*,
            tombstones,
            contenders,
            if(wins, 'row', 'memory') as {{ change_column() }}
        from changes
        {%- if held %}
        where wins or size(cuts) > 0 or not contenders <=> held.contenders
        {%- endif %}
{%- endmacro %}


{#- SQL: does the best of the arriving records replace what is held? -#}
{% macro best_wins(held) -%}
    {%- if not held -%}
        true
    {%- else -%}
        case
            when b.held is null then true
            when not b.held.is_deleted and {{ is_cut('b.tombstones', 'b.held.place') }} then true
            when b.held.is_deleted <> b.record.is_deleted then b.held.is_deleted
            else b.position >= b.held.position
        end
    {%- endif -%}
{%- endmacro %}


{#- SQL: the key as one struct. -#}
{% macro row_key_of(alias, keys) -%}
    struct({{ columns_of(keys, alias ~ '.') | join(', ') }})
{%- endmacro %}
