{#- The one statement that writes a run's rows. -#}
{% macro write_sql(strategy, rows, columns, window) -%}
    {%- if strategy == 'replace_batches' -%}
        {{ replace_batches_sql(rows, window) }}
    {%- elif strategy == 'upsert' -%}
        {{ upsert_sql(rows, columns, window) }}
    {%- elif strategy == 'append' -%}
        {{ append_sql(rows, columns, window) }}
    {%- elif strategy == 'touched_days' -%}
        {{ touched_days_sql(rows, columns, window) }}
    {%- else -%}
        {{ get_merge_sql(this, rows, config.get('unique_key'), none, config.get('incremental_predicates')) }}
    {%- endif -%}
{%- endmacro %}


{#- Run twice, or by two runs at once, it leaves one copy; a batch without rows empties its place. -#}
{% macro replace_batches_sql(rows, window) -%}
    insert into {{ this }} replace where batch_id between {{ window.after + 1 }} and {{ window.upto }}
    select {{ column_list(stored_columns(this)) }} from {{ rows }}
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


{#-
    Replaces the rows of the touched days in one commit: one source row per day deletes what stands there, whatever it is, the
    others are inserted. A day without new rows becomes empty; files of other days are neither read nor rewritten.

    Of two runs at once one fails validation. A run that slept while another passed it would put older days back: the
    statement itself asks whether the table still is where the run began.
-#}
{% macro touched_days_sql(rows, columns, window) -%}
    {%- set day = quoted(window.column) -%}
    {%- set names = columns | map(attribute='name') | list -%}
    merge into {{ this }} as t
    using (
        select true as is_row, {{ column_list(columns) }} from {{ rows }}
        union all
        select false as is_row
            {%- for column in columns -%}
            , {{ 'd.day' if column.name == window.column else 'cast(null as ' ~ column.type ~ ')' }} as {{ quoted(column.name) }}
            {%- endfor %}
        from (select explode(array({{ day_literals(window.days) }})) as day) as d
        where if(
            ({{ gold_position_sql(this) }}) <=> '{{ window.after }}/{{ window.made_by }}',
            true,
            raise_error('{{ overtaken() }}: {{ this }} was written since this run looked; nothing of it was stored')
        )
    ) as s
    on not s.is_row and t.{{ day }} <=> s.{{ day }} and {{ on_days('t.' ~ day, window.days) }}
    when matched then delete
    when not matched and s.is_row then insert ({{ column_list(columns) }}) values ({{ column_list(columns, 's.') }})
{%- endmacro %}


{#- How a run says that another passed it; lakehouse/run.py knows the word and tries again. -#}
{% macro overtaken() -%}
    {%- do return('TIDEGATE_OVERTAKEN') -%}
{%- endmacro %}


{% macro day_literals(days) -%}
    {%- for day in days -%}
        {{ "cast(null as date)" if day is none else "date'" ~ day ~ "'" }}{{ ', ' if not loop.last }}
    {%- else -%}
        cast(null as date)
    {%- endfor -%}
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
