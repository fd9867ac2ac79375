{#-
    What turns one column type into another: a list of {kind: add | widen | refuse, path, old, new}.

    Args:
        path: Names from the column down; array elements are `element`, map values `value`, as in Iceberg's DDL.
        old, new: Spark type texts, such as struct<a:int,b:array<string>>.
-#}
{% macro type_changes(path, old, new) -%}
    {%- set outer = old.split('<')[0] -%}
    {%- if old == new or is_widening(new, old) -%}
        {%- do return([]) -%}
    {%- elif is_widening(old, new) -%}
        {%- do return([{'kind': 'widen', 'path': path, 'old': old, 'new': new}]) -%}
    {%- elif outer != new.split('<')[0] or outer not in ['struct', 'array', 'map'] -%}
        {%- do return([{'kind': 'refuse', 'path': path, 'old': old, 'new': new}]) -%}
    {%- elif outer == 'struct' -%}
        {%- do return(struct_changes(path, type_parts(old), type_parts(new))) -%}
    {%- elif outer == 'array' -%}
        {%- do return(type_changes(path + ['element'], old[6:-1], new[6:-1])) -%}
    {%- endif -%}
    {%- set was, now = type_parts(old), type_parts(new) -%}
    {%- if was[0] != now[0] -%}
        {%- do return([{'kind': 'refuse', 'path': path + ['key'], 'old': was[0], 'new': now[0]}]) -%}
    {%- endif -%}
    {%- do return(type_changes(path + ['value'], was[1], now[1])) -%}
{%- endmacro %}


{% macro struct_changes(path, old_fields, new_fields) -%}
    {%- set changes, held = [], {} -%}
    {%- for field in old_fields -%}
        {%- do held.update({field.split(':')[0] | lower: field}) -%}
    {%- endfor -%}
    {%- for field in new_fields -%}
        {%- set name, type = field.split(':')[0], field.split(':')[1:] | join(':') -%}
        {%- if name | lower in held -%}
            {%- set old = held.pop(name | lower) -%}
            {%- do changes.extend(type_changes(path + [old.split(':')[0]], old.split(':')[1:] | join(':'), type)) -%}
        {%- else -%}
            {%- do changes.append({'kind': 'add', 'path': path + [name], 'old': none, 'new': type}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name, field in held.items() -%}
        {%- do changes.append({'kind': 'refuse', 'path': path + [name], 'old': field.split(':')[1:] | join(':'), 'new': 'absent'}) -%}
    {%- endfor -%}
    {%- do return(changes) -%}
{%- endmacro %}


{#- The comma-separated parts between a type's outermost brackets: name:type of a struct, key and value of a map. -#}
{% macro type_parts(type) -%}
    {%- set inner = type[type.index('<') + 1:-1] -%}
    {%- set at = namespace(depth=0, start=0) -%}
    {%- set parts = [] -%}
    {%- for letter in inner -%}
        {%- if letter in '<(' -%}{%- set at.depth = at.depth + 1 -%}
        {%- elif letter in '>)' -%}{%- set at.depth = at.depth - 1 -%}
        {%- elif letter == ',' and at.depth == 0 -%}
            {%- do parts.append(inner[at.start:loop.index0]) -%}
            {%- set at.start = loop.index -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(parts + [inner[at.start:]]) -%}
{%- endmacro %}


{#- Iceberg's promotions that keep every value: int to bigint, float to double, a decimal to more digits of one scale. -#}
{% macro is_widening(old, new) -%}
    {%- if (old, new) in [('int', 'bigint'), ('float', 'double')] -%}
        {%- do return(true) -%}
    {%- endif -%}
    {%- set decimals = modules.re.findall('^decimal[(]([0-9]+),([0-9]+)[)] decimal[(]([0-9]+),([0-9]+)[)]$', old ~ ' ' ~ new) -%}
    {%- if decimals -%}
        {%- set p, s, wider, scale = decimals[0] -%}
        {%- do return(s == scale and p | int < wider | int) -%}
    {%- endif -%}
    {%- do return(false) -%}
{%- endmacro %}
