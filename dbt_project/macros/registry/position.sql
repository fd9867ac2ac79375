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
    {%- set asked = position_asked(dataset, bound) -%}
    {%- if not asked.dataset -%}
        {{ exceptions.raise_compiler_error(
            "dataset " ~ dataset ~ ": not registered. Nothing was built. Known datasets: "
            ~ (run_query("select name from meta.admitted.dataset order by name").columns[0].values() | join(', ') or 'none')
            ~ ".\nNext: write connect/datasets/" ~ dataset ~ ".yml, then `tidegate apply`") }}
    {%- endif -%}
    {%- set batch = asked.batch -%}
    {%- if bound is not none and batch and batch['id'] | int > asked.bound -%}
        {%- set batch = (run_query(newest_batch_sql(dataset, asked.bound)).rows | list + [none])[0] -%}
    {%- endif -%}
    {%- do return({
        'dataset': dataset, 'after': asked.this, 'upto': (batch['id'] if batch else asked.this) | int,
        'version': (batch['detail'] if batch else 0) | int, 'columns': fromjson(batch['said'] if batch else '[]'),
        'fields': fromjson(asked.dataset['said']), 'is_ruled': asked.dataset['detail'] == 'true',
    }) -%}
{%- endmacro %}


{#-
    What position() asks, in one statement: the dataset, its newest batch, and the newest batches whose rows this table (`this`) and
    the one it is bounded by (`bound`) hold, 0 for none.

    Every commit carries its batch as the snapshot property `tidegate_batch`. Only ancestors of the main branch count:
    a table that was replaced or rolled back starts again. `max(batch_id)` would lie, since a merge
    overwrites rows and an empty batch leaves none.
-#}
{% macro position_asked(dataset, bound) -%}
    {%- set tables = {} -%}
    {%- if not should_full_refresh() and has_past(this) -%}{%- do tables.update({'this': this}) -%}{%- endif -%}
    {%- if bound is not none and has_past(bound) -%}{%- do tables.update({'bound': bound}) -%}{%- endif -%}
    {%- set question -%}
        select 'dataset' as asked, cast(null as string) as id, cast(is_ruled as string) as detail, document as said
        from meta.admitted.dataset where name = '{{ dataset }}'
        union all
        select * from ({{ newest_batch_sql(dataset) }})
        {%- for name, table in tables.items() %}
        union all
        {{ ancestry_sql(table, name, 'tidegate_batch') }}
        {%- endfor %}
    {%- endset -%}
    {%- set rows = run_query(question).rows -%}
    {%- set found = {'dataset': none, 'batch': none} -%}
    {%- for row in rows if row['asked'] in found -%}{%- do found.update({row['asked']: row}) -%}{%- endfor -%}
    {%- for name in ['this', 'bound'] -%}
        {%- do found.update({name: (newest_said(ancestors(rows, name)) or 0) | int}) -%}
    {%- endfor -%}
    {%- do return(found) -%}
{%- endmacro %}


{#- SQL for the newest admitted batch and its schema, up to `upto` if given. -#}
{% macro newest_batch_sql(dataset, upto=none) -%}
    select 'batch' as asked, cast(batch_id as string) as id, cast(schema_version as string) as detail, columns as said
    from (
        select * from meta.admitted.batch
        where dataset = '{{ dataset }}'
        {%- if upto is not none %} and batch_id <= {{ upto }}{% endif %}
        order by batch_id desc limit 1
    )
{%- endmacro %}
