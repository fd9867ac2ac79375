{#-
    SQL for the event time in a record's JSON text, in UTC: ISO 8601 text (offset optional, UTC assumed) or a
    number of milliseconds since 1970, years 1 to 9999. Anything else is null.

    Args:
        value: SQL expression of the JSON text.
        text: The field's text, a column of `event_text()`.
        field: Name of the top-level field; empty: the dataset has no event time.
-#}
{% macro event_time(value, text, field) -%}
    {%- if not field -%}
        cast(null as timestamp)
    {%- else -%}
        {%- set number = "from_json(" ~ value ~ ", '`" ~ field ~ "` double').`" ~ field ~ "`" -%}
        case
            when {{ is_iso_instant(text) }} then try_cast({{ text }} as timestamp)
            when try_cast({{ text }} as double) is not null and {{ number }} between -62135596800000 and 253402300799999
                then timestamp_millis(cast({{ number }} as bigint))
        end
    {%- endif -%}
{%- endmacro %}


{#-
    A `lateral view` that adds column `name`: the text of the field as it stands in the JSON text `value`. Of a field that is
    there twice the last counts, as for the payload's columns. `json_tuple` copies nothing of the other fields.
-#}
{% macro event_text(value, field, name) -%}
    lateral view json_tuple({{ value }}, '{{ field | replace("\\", "\\\\") | replace("'", "\\'") }}') as {{ name }}
{%- endmacro %}


{#- SQL: is the text expression an ISO 8601 date or instant? `cast` alone takes years, bare times and zone names too. -#}
{% macro is_iso_instant(text) -%}
    {{ text }} rlike '^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$'
{%- endmacro %}
