{#-
    Gives the table every column, nested ones included, that the query has and the table lacks, widens what Iceberg can
    widen in place, and renames what the model says was renamed. Any other difference of types is an error, before anything
    is changed.

    A column the query no longer has stays, unless the model says `on_schema_change='sync_all_columns'`: then it is dropped.
    A narrower query type needs no change.

    Args:
        relation: The table.
        columns: The query's columns, [{name, type}].
    Returns:
        The table's columns as they are now, in its order.
-#}
{% macro evolve_columns(relation, columns) -%}
    {%- set syncs = drops_columns() -%}
    {%- set changes, held = [], {} -%}
    {%- set stored = stored_columns(relation) -%}
    {%- for column in stored -%}{%- do held.update({column.name | lower: column}) -%}{%- endfor -%}
    {%- set renames = planned_renames(held, columns | map(attribute='name') | map('lower') | list) -%}
    {%- for new, old in renames.items() -%}
        {%- do held.update({new | lower: {'name': new, 'type': held.pop(old | lower).type}}) -%}
    {%- endfor -%}
    {%- for column in columns -%}
        {%- set old = held.pop(column.name | lower, none) -%}
        {%- if old is none -%}
            {%- do changes.append({'kind': 'add', 'path': [column.name], 'old': none, 'new': column.type}) -%}
        {%- else -%}
            {%- do changes.extend(type_changes([old.name], old.type, column.type)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do refuse_changes(relation, changes | selectattr('kind', 'equalto', 'refuse') | list) -%}
    {%- for new, old in renames.items() -%}
        {%- do run_query('alter table ' ~ relation ~ ' rename column ' ~ quoted(old) ~ ' to ' ~ quoted(new)) -%}
    {%- endfor -%}
    {%- for change in changes -%}
        {%- set path = change.path | map('tojson') | map('replace', '"', '`') | join('.') -%}
        {%- do run_query(
            'alter table ' ~ relation ~ (' add column ' ~ path ~ ' ' if change.kind == 'add' else ' alter column ' ~ path ~ ' type ')
            ~ change.new) -%}
    {%- endfor -%}
    {%- for column in held.values() if syncs -%}
        {%- do run_query('alter table ' ~ relation ~ ' drop column ' ~ quoted(column.name)) -%}
    {%- endfor -%}
    {%- do return(stored_columns(relation) if renames or changes or (held and syncs) else stored) -%}
{%- endmacro %}


{#- Whether columns that the query lost are dropped, by the model's on_schema_change. -#}
{% macro drops_columns() -%}
    {%- set policy = config.get('on_schema_change') -%}
    {%- if policy not in ['append_new_columns', 'sync_all_columns'] -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": on_schema_change is " ~ policy ~ ". Nothing was written."
            ~ "\nNext: choose append_new_columns (what the query lost stays) or sync_all_columns (it is dropped)") }}
    {%- endif -%}
    {%- do return(policy == 'sync_all_columns') -%}
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
