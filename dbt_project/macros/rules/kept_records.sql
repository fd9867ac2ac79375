{#-
    SQL for those rows of payload() that no rule keeps out of silver.

    What a rule rejected once stays out for its batch, whatever the rules say now: silver is made again as it was made, and a
    replay is another batch. New batches are judged by the rules as they are. A backfill judges nothing anew.

    Args:
        rows: SQL of rows with the columns of payload().
        position: What position() returned.
-#}
{% macro kept_records(rows, position) -%}
    {%- set judges = reject_rules(position.dataset) and not position.backfill -%}
    {%- if not judges and not position.is_ruled -%}
        {%- do return(rows) -%}
    {%- endif %}
        select p.*
        from (
            {{ rows }}
        ) as p
        {%- if position.is_ruled %}
        left anti join (
            select * from meta.admitted.rule_rejected where dataset = '{{ position.dataset }}'
        ) as x
            on p.batch_id = x.batch_id and p.topic_id = x.topic_id
            and p.kafka_partition = x.partition and p.kafka_offset = x.`offset`
        {%- endif %}
        {%- if judges %}
        where p.batch_id <= {{ position.after }} or size({{ broken_rules('p', position) }}) = 0
        {%- endif %}
{%- endmacro %}


{#-
    SQL for the records that silver is made from: bronze's, and those that bronze holds as a rule rejected them, in the form
    in which they were replayed. Those are read from the replay's own objects, in bronze's columns.

    Args:
        bronze: Relation of the dataset's bronze.
        position: What position() returned.
        after: Replays of later batches only.
-#}
{% macro silver_source(bronze, position, after=0) -%}
    {%- if not position.is_ruled -%}
        {%- do return(bronze) -%}
    {%- endif -%}
    {%- set window = "dataset = '" ~ position.dataset ~ "' and batch_id between " ~ (after + 1) ~ " and " ~ position.upto -%}
    {%- set objects = landed_objects(window, 'meta.admitted.silver_object') -%}
    {%- if not objects -%}
        {%- do return(bronze) -%}
    {%- endif -%}
    (
        select {{ bronze_columns() | map('first') | join(', ') }} from {{ bronze }}
        union all
        {{ landed_records(objects, window, position.fields.event_time, 'meta.admitted.silver_object') }}
    )
{%- endmacro %}
