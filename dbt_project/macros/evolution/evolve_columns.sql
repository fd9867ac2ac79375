{#-
    Gives the table every column, nested ones included, that the query has and the table lacks, and widens what
    Iceberg can widen in place. Any other difference of types is an error, before anything is changed.

    A column the query no longer has stays. A narrower query type needs no change.

    Args:
        relation: The table.
        columns: The query's columns, [{name, type}].
-#}
{% macro evolve_columns(relation, columns) -%}
    {%- set changes = [] -%}
    {%- set held = {} -%}
    {%- for column in stored_columns(relation) -%}{%- do held.update({column.name | lower: column}) -%}{%- endfor -%}
    {%- for column in columns -%}
        {%- set old = held.get(column.name | lower) -%}
        {%- if old is none -%}
            {%- do changes.append({'kind': 'add', 'path': [column.name], 'old': none, 'new': column.type}) -%}
        {%- else -%}
            {%- do changes.extend(type_changes([old.name], old.type, column.type)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do refuse_changes(relation, changes | selectattr('kind', 'equalto', 'refuse') | list) -%}
    {%- for change in changes -%}
        {%- set path = change.path | map('tojson') | map('replace', '"', '`') | join('.') -%}
        {%- do run_query(
            'alter table ' ~ relation ~ (' add column ' ~ path ~ ' ' if change.kind == 'add' else ' alter column ' ~ path ~ ' type ')
            ~ change.new) -%}
    {%- endfor -%}
{%- endmacro %}


{% macro refuse_changes(relation, refused) -%}
    {%- if refused -%}
        {%- set lines = [] -%}
        {%- for change in refused -%}
            {%- do lines.append('  ' ~ change.path | join('.') ~ ': ' ~ change.old ~ ' -> ' ~ change.new) -%}
        {%- endfor -%}
        {{ exceptions.raise_compiler_error(
            relation ~ ": " ~ refused | length ~ " column(s) cannot change in place\n" ~ lines | join('\n')
            ~ "\nNothing was written, no column was altered."
            ~ "\nNext: rebuild the table from bronze with `dbt run --full-refresh --select " ~ model.name ~ "`") }}
    {%- endif -%}
{%- endmacro %}
