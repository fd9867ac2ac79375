{#-
    The rows of a table on the days that changed since this model's table was written, for a model of strategy
    `touched_days`: `from {{ touched_days(ref('slv_orders'), 'order_date', 'cast(o_orderdate as date)') }}`.

    A day is touched when a row that stood in it, or stands in it now, was added, removed or replaced: an update that moves a
    row touches both days, a deletion the day it leaves. Rows that the `_current` and `_distinct` views hide (`is_deleted`,
    `is_duplicate`) count as absent, and silver's bookkeeping columns are left out. All rows are read as of one snapshot.

    Every day is computed anew on a full refresh, and when what is known of the past does not reach: the model changed, the
    followed table was replaced, a snapshot expired, more than `limit` days are touched. dbt's log says which.

    Columns: the day, under the name `column`, then the table's own.

    Args:
        relation: The table followed, as ref(); an Iceberg table, not a view. Others that the model reads are read as they are:
            their changes touch no day.
        column: Name of the day, here and in the model's own table.
        day: SQL expression of the day over the table's columns; none: the table has `column`.
        identity: Columns that tell whether a row is the same as before; by default where the record came from.
        limit: Number of days above which the whole table is computed anew.
-#}
{% macro touched_days(relation, column, day=none, identity=none, limit=1000) -%}
    {%- if not execute -%}
        (select {{ day or column }} as {{ column }}, r.* from {{ relation }} as r)
    {%- else -%}
        {%- set names = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
        {%- do check_followed(relation, names, column, day, identity) -%}
        {%- set living = is_living(names) -%}
        {%- set images = {
            'day': day or column, 'where': living, 'identity': identity or record_identity(), 'names': names,
        } -%}
        {%- set window = touched_window(relation, images, limit) -%}
        {%- do window.update({'column': column}) -%}
        (
            /* tidegate {{ tojson(window, sort_keys=true) }} */
            select
                {%- if day %}
                {{ day }} as {{ column }},
                {%- endif %}
                {{ followed_columns(names) }}
            from {{ relation }}{% if window.upto %} version as of {{ window.upto }}{% endif %} as r
            where {{ living }}
                {%- if window.days is not none %}
                and {{ on_days(day or column, window.days) }}
                {%- endif %}
        )
    {%- endif -%}
{%- endmacro %}


{#- Refuses what has no snapshots, and names that it has no columns of; nothing is known of the columns in a unit test. -#}
{% macro check_followed(relation, names, column, day, identity) -%}
    {%- set wrong = [] -%}
    {%- set known = names | map('lower') | list -%}
    {%- set unknown = (identity or []) | map('lower') | reject('in', known) | list -%}
    {%- if known and is_view(relation) -%}
        {%- do wrong.append('it is a view, and only a table has snapshots to follow. Next: follow the table behind it') -%}
    {%- elif known and not day and column | lower not in known -%}
        {%- do wrong.append(
            'it has no column ' ~ column ~ '. Next: give its expression as `day`, over its columns: ' ~ names | join(', ')) -%}
    {%- elif known and unknown -%}
        {%- do wrong.append(
            'identity names ' ~ unknown | join(', ') ~ ', which it has not; allowed: ' ~ names | join(', ')) -%}
    {%- endif -%}
    {%- if wrong -%}
        {{ exceptions.raise_compiler_error(
            "touched_days(" ~ relation ~ ", '" ~ column ~ "'): " ~ wrong[0] ~ "\nNothing was built.") }}
    {%- endif -%}
{%- endmacro %}


{#- Columns that determine a silver row's content: the record, and the schema it was parsed with. -#}
{% macro record_identity() -%}
    {%- do return(['topic_id', 'kafka_partition', 'kafka_offset', 'schema_version']) -%}
{%- endmacro %}


{#- SQL: the day is one of `days`, texts as 2026-11-20 or null. -#}
{% macro on_days(day, days) -%}
    {%- set known = days | reject('none') | list -%}
    (
        {%- if known %}{{ day }} in (date'{{ known | join("', date'") }}'){% else %}false{% endif %}
        {%- if none in days %} or {{ day }} is null{% endif -%}
    )
{%- endmacro %}


{#- SQL: readers of the table's view see the row `r`. -#}
{% macro is_living(names) -%}
    {%- set conditions = [] -%}
    {%- for name in names if name in ['is_deleted', 'is_duplicate'] -%}
        {%- do conditions.append('not r.' ~ name) -%}
    {%- endfor -%}
    {%- do return(conditions | join(' and ') or 'true') -%}
{%- endmacro %}


{#- SQL: the followed table's columns without silver's bookkeeping; all of them when they are not known, as in a unit test. -#}
{% macro followed_columns(names) -%}
    {%- set kept = names | reject('in', ['is_deleted', 'is_duplicate', 'tombstones', 'contenders']) | list -%}
    {%- if kept -%}
        {%- for name in kept -%}r.{{ quoted(name) }}{{ ', ' if not loop.last }}{%- endfor -%}
    {%- else -%}
        r.*
    {%- endif -%}
{%- endmacro %}
