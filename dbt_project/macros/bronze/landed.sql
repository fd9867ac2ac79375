{#-
    The records of a dataset's admitted batches that this bronze table lacks: `from {{ landed('orders') }}`.

    Reads exactly the admitted objects, by path: nothing is listed, nothing inferred. Records outside the admitted
    offsets and rejected records are left out. Everything in a row follows from the object and the registry,
    so a second load gives the same rows. Columns: `bronze_columns()`.

    Args:
        dataset: Name of a registered dataset.
-#}
{% macro landed(dataset) -%}
    {%- do check_no_backfill('landed') -%}
    {%- do keeps_bronze() if execute -%}
    {%- set position = within_reach(position(dataset)) -%}
    {%- set window = "dataset = '" ~ dataset ~ "' and batch_id between " ~ (position.after + 1) ~ " and " ~ position.upto -%}
    {%- set objects = landed_objects(window) if position.upto > position.after else {} -%}
    (
        {{ window_note(position, {'more': true} if position.more else {}) }}
        {%- if objects.paths %}
        {{ landed_records(objects, window, position.fields.event_time) }}
        union all
        {{ removed_records(dataset, window) }}
        {%- else %}
        select
            {%- for name, type in bronze_columns() %}
            cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        where false
        {%- endif %}
    )
{%- endmacro %}


{#-
    Bronze is never replaced: of what it holds, the landed objects may be gone. A model that says `full_refresh=false` loads what
    it lacks, like in any run, and says so; one that does not is refused before any of them is looked for.
-#}
{% macro keeps_bronze() -%}
    {%- if should_full_refresh() -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": bronze cannot be refreshed in full, since retention may have removed what it was loaded from."
            ~ " Nothing was written, and its rows are as they were.\nNext: set config(full_refresh=false) in " ~ model.name
            ~ ".sql; to make silver anew from it, `dbt run --full-refresh --select " ~ model.name | replace('brz_', 'slv_', 1) ~ "+`") }}
    {%- elif flags.FULL_REFRESH -%}
        {%- do log(model.name ~ ": bronze is kept and loads what it lacks; --full-refresh makes anew what reads it", info=true) -%}
    {%- endif -%}
{%- endmacro %}


{#- The window's objects: their `paths` in the raw bucket, and how many of their records are `rejected`. -#}
{% macro landed_objects(window, view='meta.admitted.object') -%}
    {%- set rows = run_query(
        "select data_key, cast(null as bigint) as rejected from " ~ view ~ " where " ~ window
        ~ " union all select null, count(*) from meta.admitted.rejected where " ~ window).rows -%}
    {%- set paths = rows | map(attribute='data_key') | reject('none') | unique | sort | list -%}
    {%- if not paths -%}
        {%- do return({}) -%}
    {%- endif -%}
    {%- do return({'paths': paths, 'rejected': rows | map(attribute='rejected') | reject('none') | sum | int}) -%}
{%- endmacro %}


{#-
    SQL for their records. What the registry says of them is small and goes to every task: records are never shuffled for
    it. So many rejected records that no task should hold them all are joined as Spark likes.
-#}
{% macro landed_records(objects, window, event_time_field, view='meta.admitted.object') -%}
        select /*+ broadcast(o, b{{ ', x' if objects.rejected <= 100000 }}) */
            o.topic_id,
            cast(o.generation as int) as generation,
            r.partition as kafka_partition,
            r.offset as kafka_offset,
            timestamp_millis(r.timestamp) as kafka_timestamp,
            coalesce(r.key, concat('base64:', r.key_base64)) as kafka_key,
            r.kafka_headers,
            r.value,
            r.event_time,
            b.admitted_at as ingested_at,
            coalesce(r.event_time < b.watermark, false) as is_late_arrival,
            coalesce(r.event_time < b.watermark - interval 1 hour, false) as is_beyond_lateness,
            cast(b.schema_version as int) as schema_version,
            b.batch_id
        from (
            select
                l.data_key, l.partition, l.offset, l.timestamp, l.key, l.key_base64, l.value,
                transform(
                    l.headers,
                    h -> named_struct('name', h[0], 'value', coalesce(h[1], concat('base64:', get(h, 2))))
                ) as kafka_headers,
                {{ event_time('l.value', event_time_field) }} as event_time
            from {{ landed_lines(objects.paths) }} as l
        ) as r
        inner join {{ admitted_objects(window, view) }} as o
            on r.data_key = o.data_key and r.offset between o.first_offset and o.last_offset
        inner join {{ admitted_batches(window) }} as b
            on o.batch_id = b.batch_id
        left anti join {{ rejected_records(window) }} as x
            on o.batch_id = x.batch_id and o.topic_id = x.topic_id and r.partition = x.partition and r.offset = x.`offset`
{%- endmacro %}


{#-
    No record, but an error when the window names an object that retention removed: the JSON source passes over a path
    that is not there. It is asked while the statement runs, after the paths were looked up, and a removal is recorded before
    it happens; so a run that slept in between cannot load less than was admitted over what is there.
-#}
{% macro removed_records(dataset, window) -%}
        select
            {%- for name, type in bronze_columns() %}
            {% if loop.first -%}
            raise_error(concat(
                'dataset {{ dataset }}: retention removed landed objects of batch ', x.batch_id,
                ', so that it cannot be loaded again. Nothing was written. The table was set back behind that batch: ',
                'bring its newest snapshot back with lake.system.set_current_snapshot'
            ))
            {%- else -%}
            cast(null as {{ type }})
            {%- endif %}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ removed_objects(window) }} as x
{%- endmacro %}


{#- Of the landed object's line, docs/contracts/record-line.schema.json, what says more than the object itself: the rest is passed over. -#}
{% macro record_line_ddl() -%}
    partition int, offset bigint, timestamp bigint, key string, key_base64 string, headers array<array<string>>, value string, value_base64 string
{%- endmacro %}
