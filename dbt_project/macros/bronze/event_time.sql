{#-
    SQL for the event time in a record's JSON text, in UTC: ISO 8601 text (offset optional, UTC assumed) or a
    number of milliseconds since 1970, years 1 to 9999. Anything else is null.

    Of a field that is there twice the last counts, as for the payload's columns. Where a pattern proves what the field holds the
    record is not parsed, which takes less than half of the time; the others are.

    Args:
        value: SQL expression of the JSON text.
        field: Name of the top-level field; empty: the dataset has no event time.
-#}
{% macro event_time(value, field) -%}
    {%- if not field -%}
        cast(null as timestamp)
    {%- elif not modules.re.fullmatch('[A-Za-z0-9_]+', field) -%}
        {{ parsed_event_time(value, field) }}
    {%- else -%}
        coalesce(
            try_cast({{ proven_field(value, field, '"(' ~ iso_instant() ~ ')"') }} as timestamp),
            timestamp_millis(try_cast({{ proven_field(value, field, '(-?[0-9]{1,13})(?=[,} ])') }} as bigint)),
            {{ parsed_event_time(value, field) }}
        )
    {%- endif -%}
{%- endmacro %}


{#-
    SQL for what the group of `pattern` holds in the top-level field; empty or null where that is not certain.

    `"field"` whose first quote is not escaped is a whole string of valid JSON, and before a colon it is a key; before any second
    brace a key of the record itself. A `"field"` further on could count instead. A flat record is searched from anywhere, which
    is quicker than from its first byte. Valid is what was admitted: nothing else becomes bronze.

    Args:
        field: Letters, digits and underscores only.
-#}
{% macro proven_field(value, field, pattern) -%}
    {%- set key = '"' ~ field ~ '"' -%}
    {%- set found -%}
        {{ key }}(?<!\\\\{{ key }}) ?: ?{{ pattern }}(?!(?s:.*){{ key }})
    {%- endset -%}
    case
        when contains(trim(leading '{' from {{ value }}), '{') then regexp_extract({{ value }}, '^[{][^{]*{{ found }}', 1)
        else regexp_extract({{ value }}, '{{ found }}', 1)
    end
{%- endmacro %}


{#- SQL that parses the record, once for text; `transform` gives the text a name. Text that looks like a number is none. -#}
{% macro parsed_event_time(value, field) -%}
    {%- set name = quoted(field) | replace("\\", "\\\\") | replace("'", "\\'") -%}
    {%- set number = "from_json(" ~ value ~ ", '" ~ name ~ " double')." ~ quoted(field) -%}
    get(transform(
        array(from_json({{ value }}, '{{ name }} string').{{ quoted(field) }}),
        t -> case
            when {{ is_iso_instant('t') }} then try_cast(t as timestamp)
            when try_cast(t as double) is not null and {{ number }} between -62135596800000 and 253402300799999
                then timestamp_millis(cast({{ number }} as bigint))
        end
    ), 0)
{%- endmacro %}


{#- SQL: is the text expression an ISO 8601 date or instant? `cast` alone takes years, bare times and zone names too. -#}
{% macro is_iso_instant(text) -%}
    {{ text }} rlike '^{{ iso_instant() }}$'
{%- endmacro %}


{#- The pattern of an ISO 8601 date or instant. -#}
{% macro iso_instant() -%}
    [0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?
{%- endmacro %}
