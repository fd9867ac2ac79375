{#-
    Replaces the rows of the touched days in one commit: one source row per day deletes what stands there, whatever it is, the
    others are inserted. A day without new rows becomes empty; files of other days are neither read nor rewritten.

    Of two runs at once one fails validation. A run that slept while another passed it would put older days back: the
    statement itself asks whether the table still is where the run began.
-#}
{% macro touched_days_sql(rows, columns, window) -%}
    {%- set day = quoted(window.column) -%}
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
