{#-
    Notes which records of the window a rule keeps out, before silver is written without them: `tidegate run` takes them from
    here into the registry. A run that dies in between judges its window again, and notes it in the same place.

    Only slv_<dataset> does so: the table that receipts prove, and whose rules hold for the dataset.
-#}
{% macro note_rejected(window) -%}
    {%- if window and not window.backfill and model.name == 'slv_' ~ window.dataset and reject_rules(window.dataset) -%}
        {%- set noted = this.incorporate(path={'identifier': this.identifier ~ '__rejected'}) -%}
        {%- call statement('rejected_table') %}
            create table if not exists {{ noted }} (
                batch_id bigint, topic_id string, kafka_partition int, kafka_offset bigint, rules array<string>, value string
            )
            using iceberg
            partitioned by (batch_id)
        {%- endcall -%}
        {%- call statement('rejected') %}
            insert into {{ noted }} replace where batch_id between {{ window.after + 1 }} and {{ window.upto }}
            {{ rejected_rows(position_at(window), noted) }}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}


{#-
    SQL: the window's records that break a rule, or broke one when their batch was judged first; those keep the names of the
    rules that they broke then, which `noted` has.
-#}
{% macro rejected_rows(position, noted) -%}
    {%- set window = bronze_window(ref('brz_' ~ position.dataset), position) -%}
            select
                p.batch_id, p.topic_id, p.kafka_partition, p.kafka_offset,
                {{ 'if(x.batch_id is null, p.broken, coalesce(k.rules, p.broken))' if position.is_ruled else 'p.broken' }} as rules,
                w.value
            from (
                {#- Named before bronze's columns come in: a rule names its columns without a table. #}
                select
                    q.batch_id, q.topic_id, q.kafka_partition, q.kafka_offset, {{ broken_rules('q', position) }} as broken
                from (
                    {{ parsed_records(window, position) }}
                ) as q
            ) as p
            inner join {{ window }} as w on {{ same_identity('p', 'w') }} and p.batch_id = w.batch_id
            {%- if position.is_ruled %}
            left join (
                select * from meta.admitted.rule_rejected where dataset = '{{ position.dataset }}'
            ) as x
                on p.batch_id = x.batch_id and p.topic_id = x.topic_id
                and p.kafka_partition = x.partition and p.kafka_offset = x.`offset`
            left join {{ noted }} as k on {{ same_identity('p', 'k') }} and p.batch_id = k.batch_id
            where size(p.broken) > 0 or x.batch_id is not null
            {%- else %}
            where size(p.broken) > 0
            {%- endif %}
{%- endmacro %}


{#- What position() was when a window was compiled, read again from the registry: what a batch is read with never changes. -#}
{% macro position_at(window) -%}
    {%- set row = run_query(
        "select d.document, b.schema_version, b.columns, d.is_ruled from meta.admitted.dataset as d"
        ~ " inner join meta.admitted.batch as b on d.name = b.dataset"
        ~ " where d.name = '" ~ window.dataset ~ "' and b.batch_id = " ~ window.upto).rows[0] -%}
    {%- do return({
        'dataset': window.dataset, 'after': window.after, 'upto': window.upto, 'version': row[1] | int,
        'columns': fromjson(row[2]), 'fields': fromjson(row[0]), 'is_ruled': row[3],
    }) -%}
{%- endmacro %}
