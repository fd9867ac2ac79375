{#-
    Runs the model's main statement so that its commit carries the batch as snapshot property `tidegate_batch`.

    The property is a setting of the session and would leak into later commits, so it is reset after the
    statement; should that fail, the next model's pre-hook resets it.
-#}
{% macro tagged(sql, window) -%}
    {%- set property = '`spark.sql.iceberg.snapshot-property.tidegate_batch`' -%}
    {%- if window -%}
        {%- do run_query('set ' ~ property ~ ' = ' ~ window.upto) -%}
    {%- endif -%}
    {%- call statement('main') -%}{{ sql }}{%- endcall -%}
    {%- do run_query('reset ' ~ property) -%}
{%- endmacro %}
