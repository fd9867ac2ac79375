{#-
    Columns that the model's contract says are never null: names, lower case kept as written.

    Iceberg refuses NOT NULL on a column that exists, and dbt-spark asks for it only on Delta, so it is set when the table is
    made; the table remembers which columns it was made with.
-#}
{% macro required_columns() -%}
    {%- set names = [] -%}
    {%- if config.get('contract').enforced -%}
        {%- for column in model.columns.values() -%}
            {%- for constraint in column.constraints or [] if constraint.type == 'not_null' -%}
                {%- do names.append(column.name) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do return(names) -%}
{%- endmacro %}


{#- Table properties that say how a table with required columns was made: which are NOT NULL, and how it is partitioned. -#}
{% macro required_mark() -%}
    {%- set partitions = config.get('partition_by') or [] -%}
    {%- do return({
        'tidegate.not_null': required_columns() | sort | join(','),
        'tidegate.partition_by': partitions if partitions is string else partitions | join(','),
    }) -%}
{%- endmacro %}


{#-
    Replaces the model's rows whole, in one commit wherever the table can stay as it is.

    `create or replace … as select` makes every column nullable. With required columns the table is kept and its rows
    replaced; only when its columns or their constraints change it is made anew, empty until the rows come a moment later.
-#}
{% macro replace_whole(strategy, rows, columns, window) -%}
    {%- if not required_columns() -%}
        {%- do tagged(replace_sql(strategy, rows, columns), window) -%}
    {%- else -%}
        {%- if not is_made_for(columns) -%}
            {%- call statement('create') -%}
                {{ create_sql(strategy, columns) | replace('create table if not exists', 'create or replace table', 1) }}
            {%- endcall -%}
        {%- endif -%}
        {%- set sql -%}
            insert into {{ this }} replace where true select {{ column_list(columns) }} from {{ rows }}
        {%- endset -%}
        {%- do tagged(sql, window) -%}
    {%- endif -%}
{%- endmacro %}


{#- The stored table has just these columns, in this order, with these constraints. -#}
{% macro is_made_for(columns) -%}
    {%- if load_relation(this) is none -%}
        {%- do return(false) -%}
    {%- endif -%}
    {%- set mark = {} -%}
    {%- for row in run_query('show tblproperties ' ~ this).rows -%}{%- do mark.update({row[0]: row[1]}) -%}{%- endfor -%}
    {%- for name, value in required_mark().items() if mark.get(name) != value -%}
        {%- do return(false) -%}
    {%- endfor -%}
    {%- do return(stored_columns(this) == columns) -%}
{%- endmacro %}
