{#- The branch that this run writes; empty for a run that writes main. -#}
{% macro backfill_branch() -%}
    {%- do return(env_var('TIDEGATE_BRANCH', '') if target.name == 'backfill' else '') -%}
{%- endmacro %}


{#-
    What position() is on a backfill's branch: pinned in the registry when the branch was made, whatever main does meanwhile.

    Returns:
        As position(), `after` = `upto` = the newest batch that the table holds; version and columns of the ACTIVE schema;
        backfill: {branch, all, start, end}, event times as text in UTC, half-open, and none when all.
-#}
{% macro backfill_position(dataset) -%}
    {%- set pinned = run_query(
        "select d.document, b.upto, b.schema_version, b.columns, b.from_time, b.to_time, d.is_ruled from meta.admitted.backfill as b"
        ~ " inner join meta.admitted.dataset as d on b.dataset = d.name"
        ~ " where b.branch = '" ~ backfill_branch() ~ "' and d.name = '" ~ dataset
        ~ "' and b.table_name = '" ~ this.schema ~ "." ~ this.identifier ~ "'").rows -%}
    {%- if pinned | length == 0 -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": no backfill of " ~ dataset ~ " has a branch '" ~ backfill_branch() ~ "' of "
            ~ this.schema ~ "." ~ this.identifier ~ ". Nothing was written.\nNext: `tidegate backfill --list`") }}
    {%- endif -%}
    {%- set row = pinned[0] -%}
    {%- do return({
        'dataset': dataset, 'after': row[1] | int, 'upto': row[1] | int, 'version': row[2] | int,
        'columns': fromjson(row[3]), 'fields': fromjson(row[0]), 'is_ruled': row[6],
        'backfill': {'branch': backfill_branch(), 'all': row[4] is none, 'start': row[4], 'end': row[5]},
    }) -%}
{%- endmacro %}


{#- Bronze is shared and pinned: a branch never loads. -#}
{% macro check_no_backfill(macro_name) -%}
    {%- if execute and backfill_branch() -%}
        {{ exceptions.raise_compiler_error(
            macro_name ~ "(): model " ~ model.name ~ " was selected on a backfill's branch, where nothing lands."
            ~ " Nothing was written.\nNext: `tidegate run` loads bronze") }}
    {%- endif -%}
{%- endmacro %}
