{#-
    Incremental models on Iceberg, in place of dbt-spark's own, which drops the table on a full refresh,
    knows no nested evolution, and offers no write that two runs may do at once.

    Every run takes one path: create the table empty if it is missing, add what the query has and the table lacks, write in
    one commit that carries the batch. A window without batches writes nothing. `--full-refresh` replaces atomically.
-#}
{% materialization incremental, adapter='spark', supported_languages=['sql'] -%}
    {%- set strategy = incremental_strategy() -%}
    {%- set window = noted_window(compiled_code) -%}
    {%- do check_window(strategy, window) -%}
    {%- set stored = load_relation(this) -%}
    {%- set rows = this.incorporate(path={'identifier': this.identifier ~ '__rows'}).include(schema=false) -%}

    {{ run_hooks(pre_hooks) }}

    {%- if stored and not should_full_refresh() and window and window.upto <= window.after -%}
        {%- call noop_statement('main', 'OK no new batch') -%}{%- endcall -%}
    {%- else -%}
        {%- call statement('rows') -%}{{ create_temporary_view(rows, compiled_code) }}{%- endcall -%}
        {%- set columns = stored_columns(rows) -%}
        {%- if should_full_refresh() -%}
            {%- do tagged(replace_sql(strategy, rows, columns), window) -%}
        {%- else -%}
            {%- call statement('create') -%}{{ create_sql(strategy, columns) }}{%- endcall -%}
            {%- do evolve_columns(this, columns) -%}
            {%- do tagged(write_sql(strategy, rows, columns, window), window) -%}
        {%- endif -%}
    {%- endif -%}

    {%- do persist_docs(this, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this]}) }}
{%- endmaterialization %}


{#- What each strategy is for; `merge` is dbt's own and follows no dataset. -#}
{% macro incremental_strategies() -%}
    {%- do return({
        'replace_batches': 'bronze, from landed()', 'upsert': 'one row per key, from upsert()',
        'append': 'every record, from append()', 'history': 'every state with its time, from history()', 'merge': 'any query with a unique_key',
    }) -%}
{%- endmacro %}


{% macro incremental_strategy() -%}
    {%- set strategy = config.get('incremental_strategy') -%}
    {%- if strategy not in incremental_strategies() -%}
        {%- set allowed = [] -%}
        {%- for name, use in incremental_strategies().items() -%}{%- do allowed.append(name ~ ' (' ~ use ~ ')') -%}{%- endfor -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": incremental_strategy is " ~ strategy ~ ". Nothing was written.\nNext: choose one of "
            ~ allowed | join(', ')) }}
    {%- endif -%}
    {%- do return(strategy) -%}
{%- endmacro %}


{% macro check_window(strategy, window) -%}
    {%- if strategy != 'merge' and window is none -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": strategy " ~ strategy ~ " writes the batches of a dataset, and the query reads none."
            ~ " Nothing was written.\nNext: read landed(), upsert(), append() or history(), or use incremental_strategy='merge'") }}
    {%- elif strategy == 'merge' and not config.get('unique_key') -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": strategy merge has no unique_key, so each run would add every row again."
            ~ " Nothing was written.\nNext: set config(unique_key=…)") }}
    {%- endif -%}
{%- endmacro %}
