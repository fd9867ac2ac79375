{#-
    Every state of every key with the time it held (SCD2), whatever order records arrive in: `from {{ history('customers') }}`.

    One row per record. A key's records stand in one order: (order_by, or event_time without one; generation; kafka_timestamp,
    kafka_partition, kafka_offset), null lowest. Each is valid from its time (event_time, else kafka_timestamp; never
    before the record ahead of it) until the next one, or a deletion.

    A tombstone has no event time. It deletes at its kafka_timestamp, but not before the newest of the records that Kafka put
    ahead of it, and not after the newest of those that Kafka put behind it, unless that is older than what it deletes. So a
    key lives if Kafka put its newest record behind every tombstone, and late rows go where their time says.

    A deletion, and a row that one of the same time follows, are valid at no time: valid_from = valid_to.
    So `is_current or valid_from < valid_to` gives the states, without overlap, and without a gap but for deletions.

    Columns: those of `payload()`, then `valid_from`, `valid_to` (null: still valid), `is_current`, then `tidegate_change`: what
    becomes of the row ('row' is stored, 'interval' renews those three of the stored row) and its identity.

    Args:
        dataset: Name of a registered dataset with pk_fields, of mode history or upsert.
        deleted_when: For a dataset with cdc: SQL condition on the payload's columns that makes a record a deletion.
            Its changes stand in the order of PostgreSQL's log, deletions among them (`changes.sql`).
-#}
{% macro history(dataset, deleted_when=none) -%}
    {%- set bronze = ref('brz_' ~ dataset) -%}
    {%- set position = position(dataset, bound=bronze) -%}
    {%- do payload_needs_schema(position) -%}
    {%- do needs_fields('history', position, ['pk_fields']) -%}
    {%- do check_deleted_when('history', position, deleted_when) -%}
    {%- set held = this if is_incremental() else none -%}
    (
        {{ window_note(position) }}
        {{ history_rows(payload_records(bronze_window(bronze, position), position), position, held, deleted_when) }}
    )
{%- endmacro %}


{#-
    SQL: the arriving records and the stored rows of their keys, each with its interval.

    Working columns never bear a payload field's name: those stay inside `record`, `row_key` and `place`.
-#}
{% macro history_rows(records, position, held, deleted_when) -%}
    {%- set by_key = 'partition by row_key order by ' -%}
    {%- set kafka = 'generation, reached, kafka_partition, kafka_offset' -%}
    {%- set record = 'if(is_tombstone, null, struct(not_before, place))' -%}
    {#- A captured table's tombstones say nothing that a deletion in its log has not said: they come first. #}
    {%- set in_order = by_key ~ ('is_tombstone desc, ' if position.fields.cdc else '') ~ 'valid_from, stands_at, is_tombstone, ' ~ kafka %}
        with arriving as (
            {{ states(records, position, deleted_when) }}
        ),
        known as (
            select struct(a.*) as record, cast(null as {{ interval_type() }}) as was, {{ known_columns('a', position) }}
            from arriving as a
            {%- if held %}
            union all
            select null as record, struct(s.valid_from, s.valid_to, s.is_current) as was, {{ known_columns('s', position) }}
            from {{ held }} as s
            left semi join arriving as a on {{ same_key('s', 'a', position.fields.pk_fields or ['key']) }}
            left anti join arriving as b on {{ same_identity('s', 'b') }}
            {%- endif %}
        ),
        {#- Inside a partition offsets tell what came first, whatever the clocks of its producers say. #}
        lanes as (
            select *, max(kafka_timestamp) over (partition by row_key, topic_id, kafka_partition order by kafka_offset) as reached
            from known
        ),
        timed as (
            select *, max(if(is_tombstone, null, happened_at)) over ({{ by_key }} is_tombstone desc, place) as not_before
            from lanes
        ),
        met as (
            select
                *,
                max({{ record }}) over ({{ by_key ~ kafka }}) as ahead,
                max({{ record }}) over ({{ by_key ~ kafka }} rows between 1 following and unbounded following) as behind
            from timed
        ),
        dated as (
            select
                *,
                case
                    when not is_tombstone then not_before
                    when ahead is null or behind > ahead then greatest(ahead.not_before, least(happened_at, behind.not_before))
                    else greatest(ahead.not_before, happened_at)
                end as valid_from
            from met
        ),
        placed as (
            select *, if(is_tombstone, if(ahead.not_before = valid_from, ahead.place, null), place) as stands_at
            from dated
        ),
        followed as (
            select *, lead(valid_from) over ({{ in_order }}) as next_from
            from placed
        ),
        judged as (
            select
                *,
                struct(
                    valid_from, if(is_deleted, valid_from, next_from) as valid_to, not is_deleted and next_from is null as is_current
                ) as now
            from followed
        )
        select
            record.*,
            now.*,
            struct(
                if(record is null, 'interval', 'row') as kind, topic_id, kafka_partition, kafka_offset
            ) as {{ change_column() }}
        from judged
        where record is not null or not now <=> was
{%- endmacro %}


{#- SQL: the records; in a captured table a deletion is a record too, and keeps only what tells of it. -#}
{% macro states(records, position, deleted_when) -%}
    {%- if not deleted_when -%}
        {%- do return(records) -%}
    {%- endif %}
            select
                {%- for column in position.columns %}
                {{ kept_when_deleted(column.name, position.fields.pk_fields or []) }},
                {%- endfor %}
                {%- for name in record_columns() %}
                n.{{ name }},
                {%- endfor %}
                n.is_deleted
            from (
                select
                    r.* except (is_deleted),
                    r.is_deleted or coalesce({{ deleted_when }}, false) as is_deleted
                from (
                    {{ records }}
                ) as r
            ) as n
{%- endmacro %}


{#- SQL: what tells a row's place among those of its key. -#}
{% macro known_columns(alias, position) -%}
    {%- set fields = position.fields -%}
    {%- set is_tombstone = alias ~ '.is_deleted' ~ (' and ' ~ alias ~ '.__op is null' if fields.cdc else '') -%}
    {{ row_key_of(alias, fields.pk_fields or ['key']) }} as row_key,
    {{ change_order(alias, fields.order_by) if fields.cdc else history_order(alias, fields.order_by) }} as place,
    {{ is_tombstone }} as is_tombstone,
    {{ time_of(alias) }} as happened_at,
    {{ alias }}.is_deleted, {{ alias }}.topic_id, {{ alias }}.generation, {{ alias }}.kafka_partition, {{ alias }}.kafka_offset, {{ alias }}.kafka_timestamp
{%- endmacro %}


{#- SQL: a record's place among those of its key; without order_by its time decides. -#}
{% macro history_order(alias, order_by) -%}
    {%- if order_by -%}
        {{ order_of(alias, order_by) }}
    {%- else -%}
        struct({{ time_of(alias) }} as happened_at, {{ order_of(alias, []) }} as place)
    {%- endif -%}
{%- endmacro %}


{#- SQL: when a record's state began. Kafka may know no time of a record; then it held from the first. -#}
{% macro time_of(alias) -%}
    coalesce({{ alias }}.event_time, {{ alias }}.kafka_timestamp, timestamp_millis(0))
{%- endmacro %}


{% macro interval_type() -%}
    struct<valid_from: timestamp, valid_to: timestamp, is_current: boolean>
{%- endmacro %}
