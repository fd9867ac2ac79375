{#- Creates the model's table empty when it is missing; no commit, so its position stays 0. -#}
{% macro create_sql(strategy, columns) -%}
    {%- set not_null = required_columns() -%}
    create table if not exists {{ this }} (
        {%- for column in columns %}
        {{ quoted(column.name) }} {{ column.type }}{{ ' not null' if column.name in not_null }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
    {{ table_clauses(strategy) }}
{%- endmacro %}


{#- Replaces the model's table in one commit: readers see the old one or the new one. -#}
{% macro replace_sql(strategy, rows, columns) -%}
    create or replace table {{ this }}
    {{ table_clauses(strategy) }}
    as select {{ column_list(columns) }} from {{ rows }}
{%- endmacro %}


{#-
    Merged tables write position deletes instead of whole files, and validate every merge against all commits since it
    read the table: of two runs at once, one fails and nothing of it stays.
-#}
{% macro table_clauses(strategy) -%}
    {%- set properties = {
        'write.delete.mode': 'merge-on-read', 'write.update.mode': 'merge-on-read', 'write.merge.mode': 'merge-on-read',
        'write.merge.isolation-level': 'serializable',
    } if strategy not in ['replace_batches', 'insert_overwrite', 'table'] else {} -%}
    {%- do properties.update(config.get('tblproperties') or {}) -%}
    {%- if required_columns() -%}{%- do properties.update(required_mark()) -%}{%- endif -%}
    using iceberg
    {%- if strategy == 'replace_batches' %}
    partitioned by (batch_id)
    {%- elif config.get('partition_by') %}
    {{ partition_cols(label='partitioned by') }}
    {%- endif %}
    {%- if properties %}
    tblproperties (
        {%- for name, value in properties.items() %}
        '{{ name }}' = '{{ value }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
    {%- endif %}
    {{ comment_clause() }}
{%- endmacro %}


{#- Before columns are asked for: Spark cuts the text of a type after 25 fields unless told otherwise. -#}
{% macro tell_whole_types() -%}
    {%- do run_query('set spark.sql.debug.maxToStringFields = 100000') -%}
{%- endmacro %}


{#- The columns a query stores, [{name, type}]: all but the one that speaks to the write. -#}
{% macro stored_columns(relation) -%}
    {%- set columns = [] -%}
    {%- set seen = namespace(end=false) -%}
    {%- for row in run_query('describe ' ~ relation).rows -%}
        {%- set seen.end = seen.end or row[0] == '' or row[0].startswith('# ') -%}
        {%- if not seen.end and row[0] != change_column() -%}
            {%- do columns.append({'name': row[0], 'type': row[1]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(columns) -%}
{%- endmacro %}


{% macro column_list(columns, prefix='') -%}
    {%- for column in columns -%}
        {{ prefix }}{{ quoted(column.name) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
