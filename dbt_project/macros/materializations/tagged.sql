{#-
    Runs the model's main statement so that its commit says what the table holds after it, as a snapshot property:
    `tidegate_batch`, or for gold that follows a table `tidegate_followed` = <its snapshot>/<the model's checksum>.

    A property is a setting of the session and would leak into later commits: it is reset after the statement, and before one
    that has none to say, since a statement that failed may have left its own.
-#}
{% macro tagged(sql, window) -%}
    {%- set is_gold = (window or {}).get('made_by') is not none -%}
    {%- set said = {'tidegate_batch': none, 'tidegate_followed': none} -%}
    {%- if window and window.upto -%}
        {%- do said.update({'tidegate_followed': window.upto ~ '/' ~ window.made_by} if is_gold else {'tidegate_batch': window.upto}) -%}
    {%- endif -%}
    {%- for name, value in said.items() -%}
        {%- set property = '`spark.sql.iceberg.snapshot-property.' ~ name ~ '`' -%}
        {%- do run_query('reset ' ~ property if value is none else 'set ' ~ property ~ ' = ' ~ value) -%}
    {%- endfor -%}
    {%- call statement('main') -%}{{ sql }}{%- endcall -%}
    {%- for name, value in said.items() if value is not none -%}
        {%- do run_query('reset `spark.sql.iceberg.snapshot-property.' ~ name ~ '`') -%}
    {%- endfor -%}
{%- endmacro %}
