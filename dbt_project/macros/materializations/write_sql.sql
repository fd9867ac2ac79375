{#- The one statement that writes a run's rows; `held` are the table's columns in its order. -#}
{% macro write_sql(strategy, rows, columns, window, held) -%}
    {%- if window and window.backfill -%}
        {{ backfill_sql(strategy, rows, columns, window) }}
    {%- elif strategy == 'replace_batches' -%}
        {{ replace_batches_sql(rows, window, held) }}
    {%- elif strategy == 'upsert' -%}
        {{ upsert_sql(rows, columns, window) }}
    {%- elif strategy == 'append' -%}
        {{ append_sql(rows, columns, window) }}
    {%- elif strategy == 'touched_days' -%}
        {{ touched_days_sql(rows, columns, window) }}
    {%- elif strategy == 'history' -%}
        {{ history_sql(rows, columns) }}
    {%- elif strategy == 'insert_overwrite' -%}
        {{ overwrite_sql(rows, columns) }}
    {%- else -%}
        {{ merge_sql(rows, columns) }}
    {%- endif -%}
{%- endmacro %}


{#-
    Run twice, or by two runs at once, it leaves one copy; a batch without rows empties its place.

    Rows are written by the task that read them: gathered by batch first, a window of one batch would be written by one
    task. A task holds a file open per batch it meets, so of many batches the rows are gathered. They are packed in a hurry:
    maintenance writes the closed batches once more.
-#}
{% macro replace_batches_sql(rows, window, held) -%}
    {%- set scattered = window.upto - window.after <= 16 -%}
    insert into {{ this }} with (
        {%- if scattered %}'distribution-mode' = 'none', 'fanout-enabled' = 'true', {% endif -%}
        'compression-level' = '1'
    )
    replace where batch_id between {{ window.after + 1 }} and {{ window.upto }}
    select {{ column_list(held) }} from {{ rows }}
{%- endmacro %}


{% macro upsert_sql(rows, columns, window) -%}
    merge into {{ this }} as t
    using {{ rows }} as s
    on {% for key in window.key %}t.{{ key }} <=> s.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
    when matched and s.{{ change_column() }} = 'memory'
        then update set t.tombstones = s.tombstones, t.contenders = s.contenders
    when matched then update set {{ assignments(columns) }}
    when not matched then insert ({{ column_list(columns) }}) values ({{ column_list(columns, 's.') }})
{%- endmacro %}


{#-
    Rows are inserted by a merge because only a merge with an update clause validates: with inserts alone Spark
    turns it into an append, and two runs double every row (docs/decisions/0001-append-writes.md).
-#}
{% macro append_sql(rows, columns, window) -%}
    {%- set change = 's.' ~ change_column() -%}
    merge into {{ this }} as t
    using {{ rows }} as s
    on {{ same_identity('t', change) }}
    {%- if window.span %} and {{ in_span('t', window.span) }}{% endif %}
    when matched and {{ change }}.kind = 'flag' then update set t.is_duplicate = true
    when matched and (s.schema_version > t.schema_version or s.is_duplicate <> t.is_duplicate)
        then update set {{ assignments(columns) }}
    when not matched and {{ change }}.kind = 'row'
        then insert ({{ column_list(columns) }}) values ({{ column_list(columns, 's.') }})
{%- endmacro %}


{#- One row per record: an older parse of a stored record renews its interval, never its payload. -#}
{% macro history_sql(rows, columns) -%}
    {%- set change = 's.' ~ change_column() -%}
    merge into {{ this }} as t
    using {{ rows }} as s
    on {{ same_identity('t', change) }}
    when matched and {{ change }}.kind = 'row' and s.schema_version > t.schema_version
        then update set {{ assignments(columns) }}
    when matched and not (t.valid_from <=> s.valid_from and t.valid_to <=> s.valid_to and t.is_current <=> s.is_current)
        then update set t.valid_from = s.valid_from, t.valid_to = s.valid_to, t.is_current = s.is_current
    when not matched and {{ change }}.kind = 'row'
        then insert ({{ column_list(columns) }}) values ({{ column_list(columns, 's.') }})
{%- endmacro %}


{#- A stored column that the query no longer has becomes null: the newest record has no such field. -#}
{% macro assignments(columns) -%}
    {%- set given = columns | map(attribute='name') | map('lower') | list -%}
    {%- set sets = [] -%}
    {%- for column in columns -%}
        {%- do sets.append('t.' ~ quoted(column.name) ~ ' = s.' ~ quoted(column.name)) -%}
    {%- endfor -%}
    {%- for column in stored_columns(this) if column.name | lower not in given -%}
        {%- do sets.append('t.' ~ quoted(column.name) ~ ' = null') -%}
    {%- endfor -%}
    {{ sets | join(', ') }}
{%- endmacro %}
