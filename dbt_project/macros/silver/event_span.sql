{#-
    First and last event time of the arriving batches, as text in UTC; nulls when none has one.

    Read before the write, so that its limits are literals: only literals let Iceberg skip the files of other times,
    and the cost of a run stays that of its new rows.
-#}
{% macro event_span(bronze, position) -%}
    {%- if not execute or position.upto <= position.after -%}
        {%- do return([none, none]) -%}
    {%- endif -%}
    {%- set span = run_query(
        "select cast(min(event_time) as string), cast(max(event_time) as string) from " ~ silver_source(bronze, position, position.after)
        ~ " where batch_id > " ~ position.after ~ " and batch_id <= " ~ position.upto) -%}
    {%- do return(span.rows[0].values() | list) -%}
{%- endmacro %}


{#- SQL: the row may be a duplicate of, or be repeated by, a row within the span. -#}
{% macro in_span(alias, span) -%}
    {%- if span is none or span[0] is none -%}
        {{ alias }}.event_time is null
    {%- else -%}
        (
            {{ alias }}.event_time is null
            or {{ alias }}.event_time between timestamp'{{ span[0] }}' - interval 24 hours and timestamp'{{ span[1] }}' + interval 24 hours
        )
    {%- endif -%}
{%- endmacro %}
