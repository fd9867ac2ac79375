{#-
    The one statement that writes a backfill's rows onto the branch. All of bronze replaces all rows in one commit;
    a window is merged, and what is merged replaces what is stored, since it was made from bronze anew.
-#}
{% macro backfill_sql(strategy, rows, columns, window) -%}
    {%- if window.backfill.all -%}
        {{ replace_all_sql(strategy, rows, columns) }}
    {%- elif strategy == 'append' -%}
        {{ append_backfill_sql(rows, columns, window.backfill) }}
    {%- elif strategy == 'history' -%}
        {{ history_backfill_sql(rows, columns) }}
    {%- else -%}
        {{ upsert_sql(rows, columns, window) }}
    {%- endif -%}
{%- endmacro %}


{#- `create or replace table` would ignore the branch. -#}
{% macro replace_all_sql(strategy, rows, columns) -%}
    {%- set given = columns | map(attribute='name') | map('lower') | list -%}
    {%- set values = [] -%}
    {%- for column in stored_columns(this) -%}
        {%- do values.append(
            quoted(column.name) if column.name | lower in given
            else 'cast(null as ' ~ column.type ~ ') as ' ~ quoted(column.name)) -%}
    {%- endfor -%}
    insert into {{ this }} replace where true
    select {{ values | join(', ') }} from {{ rows }}
    {%- if strategy != 'upsert' %}
    where {{ change_column() }}.kind = 'row'
    {%- endif %}
{%- endmacro %}


{% macro append_backfill_sql(rows, columns, backfill) -%}
    {%- set change = 's.' ~ change_column() -%}
    merge into {{ this }} as t
    using {{ rows }} as s
    on {{ same_identity('t', change) }} and {{ in_span('t', [backfill.start, backfill.end]) }}
    when matched and {{ change }}.kind = 'flag' then update set t.is_duplicate = s.is_duplicate
    when matched then update set {{ assignments(columns) }}
    when not matched and {{ change }}.kind = 'row'
        then insert ({{ column_list(columns) }}) values ({{ column_list(columns, 's.') }})
{%- endmacro %}


{#- The window's records with their intervals, and the intervals of other records of their keys. -#}
{% macro history_backfill_sql(rows, columns) -%}
    {%- set change = 's.' ~ change_column() -%}
    merge into {{ this }} as t
    using {{ rows }} as s
    on {{ same_identity('t', change) }}
    when matched and {{ change }}.kind = 'row' then update set {{ assignments(columns) }}
    when matched
        then update set t.valid_from = s.valid_from, t.valid_to = s.valid_to, t.is_current = s.is_current
    when not matched and {{ change }}.kind = 'row'
        then insert ({{ column_list(columns) }}) values ({{ column_list(columns, 's.') }})
{%- endmacro %}
