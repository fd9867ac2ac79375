{#-
    Runs the model's main statement so that its commit says what the table holds after it, as a snapshot property:
    `tidegate_batch`, or for gold that follows a table `tidegate_followed` = <its snapshot>/<the model's checksum>.

    The property is a setting of the session and would leak into later commits, so it is reset after the
    statement; should that fail, the next model's pre-hook resets it.
-#}
{% macro tagged(sql, window) -%}
    {%- set is_gold = (window or {}).get('made_by') is not none -%}
    {%- set property = '`spark.sql.iceberg.snapshot-property.' ~ ('tidegate_followed' if is_gold else 'tidegate_batch') ~ '`' -%}
    {%- if window and window.upto -%}
        {%- do run_query('set ' ~ property ~ ' = ' ~ window.upto ~ ('/' ~ window.made_by if is_gold else '')) -%}
    {%- endif -%}
    {%- call statement('main') -%}{{ sql }}{%- endcall -%}
    {%- do run_query('reset ' ~ property) -%}
{%- endmacro %}
