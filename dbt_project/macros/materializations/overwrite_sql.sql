{#-
    Strategy `insert_overwrite`: the partitions that the query has rows of are replaced, the others stay. A partition that the
    query has no row of any more keeps its old rows: gold that must follow deletions uses touched_days.
-#}
{% macro overwrite_sql(rows, columns) -%}
    {%- set given = columns | map(attribute='name') | map('lower') | list -%}
    {%- do run_query('set spark.sql.sources.partitionOverwriteMode = dynamic') -%}
    insert overwrite {{ this }}
    select
        {%- for column in stored_columns(this) %}
        {{ quoted(column.name) if column.name | lower in given else 'cast(null as ' ~ column.type ~ ')' }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ rows }}
{%- endmacro %}


{#- Without partitions an overwrite replaces the whole table by what one run read. -#}
{% macro check_partitions(strategy) -%}
    {%- if strategy == 'insert_overwrite' and not config.get('partition_by') -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": strategy insert_overwrite has no partition_by, so each run would replace the whole table."
            ~ " Nothing was written.\nNext: set config(partition_by=…), or use materialized='table' if that is what you want") }}
    {%- endif -%}
{%- endmacro %}
