{#-
    Rows that break a CHECK constraint of the model's contract, with the constraint's name. As in SQL, null breaks nothing.
-#}
{% test contract_checks(model) %}
{%- set checks = checks_of_tested() %}
{%- for check in checks %}
select '{{ check.name }}' as broken, * from {{ model }} where not ({{ check.expression }})
{{- ' union all' if not loop.last }}
{%- else %}
select 1 as broken where false
{%- endfor %}
{% endtest %}
