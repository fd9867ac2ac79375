{#- No two rows share the values of `columns`; null counts as a value. Fails with one row per shared combination. -#}
{% test unique_combination(model, columns) %}
    {%- if columns is string or columns | length < 2 -%}
        {{ exceptions.raise_compiler_error(
            "test unique_combination: `columns` is " ~ columns ~ ". Give a list of two or more; for one use the test `unique`") }}
    {%- endif %}
    select {{ columns | join(', ') }}, count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
