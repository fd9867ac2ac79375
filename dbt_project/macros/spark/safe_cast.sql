{#- `dbt.safe_cast`: null for what cannot be cast. dbt-spark's own is a plain cast, which raises under Spark 4's ANSI mode. -#}
{% macro spark__safe_cast(field, type) -%}
    {%- if cast_from_string_unsupported_for(type) -%}
        {#- As in dbt-spark: a nested value given as text stands for its own SQL. -#}
        cast({{ field.strip('"').strip("'") if field is string else field }} as {{ type }})
    {%- else -%}
        try_cast({{ field }} as {{ type }})
    {%- endif -%}
{%- endmacro %}
