{#-
    Columns to be renamed in the table: {new name: old name}, of those that the model's yml gives as `meta: {renamed_from: …}`.

    Only while the table still has the old name alone and the query the new one alone; afterwards the note says nothing.

    Args:
        held: Names of the table's columns, in lower case.
        given: Names of the query's columns, in lower case.
-#}
{% macro planned_renames(held, given) -%}
    {%- set renames = {} -%}
    {%- for column in model.columns.values() -%}
        {%- set old = (column.config.meta if column.config else none or column.meta or {}).get('renamed_from') -%}
        {%- set new = column.name -%}
        {%- if old and old | lower in held and new | lower not in held and new | lower in given and old | lower not in given -%}
            {%- do renames.update({new: old}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(renames) -%}
{%- endmacro %}
