{#-
    What landed() reads, a relation of SQL each: unit tests of a bronze model put rows of their own in its place
    (`overrides: macros: tidegate.landed_lines: …`, docs/macros/landed.md).
-#}

{#-
    SQL for the lines of landed objects: data_key and the fields of `record_line_ddl()`.

    They are a temporary view, another for other objects: one model may read several. Only a view can be told the lines' schema,
    and then Spark's JSON reader takes them from the bytes as they are read: over lines read as text, `from_json` takes twice as long.
-#}
{% macro landed_lines(keys) -%}
    {%- set root = 's3a://' ~ env_var('TIDEGATE_RAW_BUCKET', 'raw') ~ '/' -%}
    {%- set paths = root ~ ('{' ~ keys | join(',') ~ '}' if keys | length > 1 else keys[0]) -%}
    {%- set name = quoted(this.identifier ~ '__lines_' ~ local_md5(paths)[:8]) -%}
    {%- do run_query(
        "create or replace temporary view " ~ name ~ " (" ~ record_line_ddl() ~ ") using json options (path '" ~ paths ~ "')") -%}
    (select substr(input_file_name(), {{ root | length + 1 }}) as data_key, * from {{ name }})
{%- endmacro %}


{#- SQL for what was admitted of which objects: (batch_id, data_key, topic_id, generation, first_offset, last_offset). -#}
{% macro admitted_objects(window, view) -%}
    (select * from {{ view }} where {{ window }})
{%- endmacro %}


{#- SQL for the window's batches: (batch_id, schema_version, watermark, admitted_at). -#}
{% macro admitted_batches(window) -%}
    (select * from meta.admitted.batch where {{ window }})
{%- endmacro %}


{#- SQL for records that were rejected before bronze: (batch_id, topic_id, partition, offset). -#}
{% macro rejected_records(window) -%}
    (select * from meta.admitted.rejected where {{ window }})
{%- endmacro %}


{#- SQL for objects that retention removed: (batch_id). -#}
{% macro removed_objects(window) -%}
    (select * from meta.admitted.removed where {{ window }})
{%- endmacro %}
