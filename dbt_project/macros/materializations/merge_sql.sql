{#-
    Strategy `merge`: dbt's own settings, but a column that the query lost is null in the rows it writes (dbt-spark's `update set *`
    cannot be resolved then), and a null key meets the row that has it, instead of adding one per run.
-#}
{% macro merge_sql(rows, columns) -%}
    {%- set keys = config.get('unique_key') -%}
    {%- set on = [] + (config.get('incremental_predicates') or config.get('predicates') or []) -%}
    {%- for key in ([keys] if keys is string else keys) -%}
        {%- do on.append('DBT_INTERNAL_DEST.' ~ quoted(key) ~ ' <=> DBT_INTERNAL_SOURCE.' ~ quoted(key)) -%}
    {%- endfor -%}
    merge into {{ this }} as DBT_INTERNAL_DEST
    using {{ rows }} as DBT_INTERNAL_SOURCE
    on {{ on | join(' and ') }}
    when matched then update set {{ merge_assignments(columns) | join(', ') }}
    when not matched then insert ({{ column_list(columns) }}) values ({{ column_list(columns, 'DBT_INTERNAL_SOURCE.') }})
{%- endmacro %}


{#- The assignments of a matched row: all columns, or those that merge_update_columns or merge_exclude_columns leave. -#}
{% macro merge_assignments(columns) -%}
    {%- set only = (config.get('merge_update_columns') or []) | map('lower') | list -%}
    {%- set but = (config.get('merge_exclude_columns') or []) | map('lower') | list -%}
    {%- set sets = [] -%}
    {%- for column in columns if (not only or column.name | lower in only) and column.name | lower not in but -%}
        {%- do sets.append('DBT_INTERNAL_DEST.' ~ quoted(column.name) ~ ' = DBT_INTERNAL_SOURCE.' ~ quoted(column.name)) -%}
    {%- endfor -%}
    {%- set given = columns | map(attribute='name') | map('lower') | list -%}
    {%- for column in stored_columns(this) if not only and not but and column.name | lower not in given -%}
        {%- do sets.append('DBT_INTERNAL_DEST.' ~ quoted(column.name) ~ ' = null') -%}
    {%- endfor -%}
    {%- do return(sets) -%}
{%- endmacro %}


{% macro check_merge_lists() -%}
    {%- if config.get('merge_update_columns') and config.get('merge_exclude_columns') -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": merge_update_columns and merge_exclude_columns are both set. Nothing was written."
            ~ "\nNext: keep one of them") }}
    {%- endif -%}
{%- endmacro %}
