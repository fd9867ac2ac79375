{#-
    SQL for a record's place in the total order of its key, as a struct that compares null lowest.

    Text that is an ISO 8601 instant compares as an instant: "12:00:00Z" is before "12:00:00.5Z", whatever the bytes say.
    The schema version comes last, so that the same record parsed with a later schema replaces itself.
-#}
{% macro order_of(alias, order_by) -%}
    {%- set parts = [] -%}
    {%- for column in columns_of(order_by or [], alias ~ '.') -%}
        {%- set text = 'cast(' ~ column ~ ' as string)' -%}
        {%- do parts.append('case when ' ~ is_iso_instant(text) ~ ' then try_cast(' ~ text ~ ' as timestamp) end') -%}
        {%- do parts.append(column) -%}
    {%- endfor -%}
    {%- for column in ['generation', 'kafka_timestamp', 'kafka_partition', 'kafka_offset', 'schema_version'] -%}
        {%- do parts.append(alias ~ '.' ~ column) -%}
    {%- endfor -%}
    struct({{ parts | join(', ') }})
{%- endmacro %}


{#- SQL: the two rows have the same key. A null key equals itself, or each load would add it again. -#}
{% macro same_key(left, right, keys) -%}
    {%- set equal = [] -%}
    {%- for column in columns_of(keys) -%}
        {%- do equal.append(left ~ '.' ~ column ~ ' <=> ' ~ right ~ '.' ~ column) -%}
    {%- endfor -%}
    {{ equal | join(' and ') }}
{%- endmacro %}


{% macro needs_fields(macro_name, position, names) -%}
    {%- for name in names if execute and not position.fields[name] -%}
        {{ exceptions.raise_compiler_error(
            macro_name ~ "('" ~ position.dataset ~ "'): the dataset has no " ~ name ~ ". Nothing was built."
            ~ "\nNext: set it in connect/datasets/" ~ position.dataset ~ ".yml, then `tidegate apply`") }}
    {%- endfor -%}
{%- endmacro %}
