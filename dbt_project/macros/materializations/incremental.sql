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
    {%- do check_partitions(strategy) -%}
    {%- do check_merge_lists() -%}
    {%- do drops_columns() -%}
    {%- do check_file_format() -%}
    {%- set stored = load_relation(this) -%}
    {%- set rows = this.incorporate(path={'identifier': this.identifier ~ '__rows'}).include(schema=false) -%}

    {{ run_hooks(pre_hooks) }}

    {%- if stored and not should_full_refresh() and window and is_up_to_date(strategy, window) and not window.backfill -%}
        {%- call noop_statement('main', 'OK no new batch') -%}{%- endcall -%}
    {%- else -%}
        {%- do make_way() -%}
        {%- do tell_whole_types() -%}
        {%- call statement('rows') -%}{{ create_temporary_view(rows, compiled_code) }}{%- endcall -%}
        {%- set columns = stored_columns(rows) -%}
        {%- do check_contract() -%}
        {%- do note_rejected(window) -%}
        {%- if should_full_refresh() or is_in_full(strategy, window) -%}
            {%- do replace_whole(strategy, rows, columns, window) -%}
        {%- else -%}
            {%- call statement('create') -%}{{ create_sql(strategy, columns) }}{%- endcall -%}
            {%- set held = evolve_columns(this, columns) -%}
            {%- do tagged(write_sql(strategy, rows, columns, window, held), window) -%}
            {%- do write_rest(strategy, rows, columns, window, held) -%}
        {%- endif -%}
    {%- endif -%}

    {%- do apply_grants(this, config.get('grants'), should_revoke=false) -%}
    {%- do persist_docs(this, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this]}) }}
{%- endmaterialization %}


{#-
    Writes the windows behind one that was cut short (`more`, see within_reach()), each in a commit of its own: the model is
    rendered again, and its position is what the last commit left. A run that dies in between is gone on with.
-#}
{% macro write_rest(strategy, rows, columns, window, held) -%}
    {%- set at = namespace(window=window) -%}
    {#- Jinja has no while. What is left after ten thousand windows is the next run's. -#}
    {%- for _ in range(10000) if at.window and at.window.more -%}
        {%- do adapter.cache_added(this.incorporate(type='table')) -%}
        {%- set sql = render(model.raw_code) -%}
        {%- set next = noted_window(sql) -%}
        {%- if next.upto > next.after -%}
            {%- call statement('rows') -%}{{ create_temporary_view(rows, sql) }}{%- endcall -%}
            {%- do tagged(write_sql(strategy, rows, columns, next, held), next) -%}
        {%- endif -%}
        {%- set at.window = next -%}
    {%- endfor -%}
{%- endmacro %}


{#- What each strategy is for; `merge` and `insert_overwrite` are dbt's own and follow no dataset. -#}
{% macro incremental_strategies() -%}
    {%- do return({
        'replace_batches': 'bronze, from landed()', 'upsert': 'one row per key, from upsert()',
        'append': 'every record, from append()', 'history': 'every state with its time, from history()',
        'touched_days': 'gold, from touched_days()', 'merge': 'any query with a unique_key',
        'insert_overwrite': 'any query with partition_by',
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
    {%- set follows = strategy not in ['merge', 'insert_overwrite'] -%}
    {%- if follows and window is none -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": strategy " ~ strategy ~ " writes the batches of a dataset, and the query reads none."
            ~ " Nothing was written.\nNext: read landed(), upsert(), append(), history() or touched_days(), or use incremental_strategy='merge' or 'insert_overwrite'") }}
    {%- elif (strategy == 'touched_days') != ((window or {}).get('made_by') is not none) -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": strategy touched_days and the macro touched_days() go together only."
            ~ " Nothing was written.\nNext: use both, or neither") }}
    {%- elif strategy == 'merge' and not config.get('unique_key') -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": strategy merge has no unique_key, so each run would add every row again."
            ~ " Nothing was written.\nNext: set config(unique_key=…)") }}
    {%- endif -%}
{%- endmacro %}


{#- Nothing to write: no batch that the table lacks, or no snapshot of the followed table that it does not know. -#}
{% macro is_up_to_date(strategy, window) -%}
    {%- if strategy == 'touched_days' -%}
        {%- do return(window.days is not none and window.upto == window.after) -%}
    {%- endif -%}
    {%- do return(window.upto <= window.after) -%}
{%- endmacro %}


{% macro is_in_full(strategy, window) -%}
    {%- do return(strategy == 'touched_days' and window.days is none) -%}
{%- endmacro %}


{#- The query's columns are those of the model's contract, if it has one that is enforced, and its checks are tested. -#}
{% macro check_contract() -%}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {%- do require_tested_checks(model) -%}
    {%- endif -%}
{%- endmacro %}
