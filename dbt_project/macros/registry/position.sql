{#-
    How far is this table? One registry read gives the batches to load and the schema to read them with.

    Args:
        dataset: Name of a registered dataset.
        bound: Relation whose applied batch is the newest that may be read; none: whatever is admitted.
    Returns:
        dataset, after (H) and upto (C): the table lacks batches after < batch_id <= upto;
        version, columns: schema of C, [{name, type}]; version 0 when no batch is admitted;
        fields: the dataset's fields (pk_fields, order_by, event_time, …);
        is_ruled: whether a rule has ever rejected a record of it;
        backfill: only on a backfill's branch, see backfill_position().
-#}
{% macro position(dataset, bound=none) -%}
    {%- if not execute -%}
        {%- do return({'dataset': dataset, 'after': 0, 'upto': 0, 'version': 0, 'columns': [], 'fields': {}}) -%}
    {%- endif -%}
    {%- if backfill_branch() -%}
        {%- do return(backfill_position(dataset)) -%}
    {%- endif -%}
    {%- set newest -%}
        select d.document, b.batch_id, b.schema_version, b.columns, d.is_ruled
        from meta.admitted.dataset as d
        left join (
            select * from meta.admitted.batch
            where dataset = '{{ dataset }}'
            {%- if bound is not none %} and batch_id <= {{ applied_batch(bound) }}{% endif %}
            order by batch_id desc limit 1
        ) as b on d.name = b.dataset
        where d.name = '{{ dataset }}'
    {%- endset -%}
    {%- set rows = run_query(newest).rows -%}
    {%- if rows | length == 0 -%}
        {{ exceptions.raise_compiler_error(
            "dataset " ~ dataset ~ ": not registered. Nothing was built. Known datasets: "
            ~ (run_query("select name from meta.admitted.dataset order by name").columns[0].values() | join(', ') or 'none')
            ~ ".\nNext: write connect/datasets/" ~ dataset ~ ".yml, then `tidegate apply`") }}
    {%- endif -%}
    {%- set row = rows[0] -%}
    {%- set after = 0 if should_full_refresh() else applied_batch(this) -%}
    {%- do return({
        'dataset': dataset, 'after': after, 'upto': (row[1] or after) | int, 'version': (row[2] or 0) | int,
        'columns': fromjson(row[3] or '[]'), 'fields': fromjson(row[0]), 'is_ruled': row[4],
    }) -%}
{%- endmacro %}
