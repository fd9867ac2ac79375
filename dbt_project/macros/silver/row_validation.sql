{#-
    The columns `validation_errors` and `validation_status` of a row: `select *, {{ row_validation() }} from {{ append('flights') }}`.

    Rules stand in the model's yml, `config: {meta: {rules: [{name: …, check: …}]}}`; `check` is an SQL condition on the columns of
    the query. As in a CHECK constraint a rule is broken where its condition is false; null breaks nothing.
    Rows that break a rule stay, unless it says `on_failure: reject` (`rules/`): `validation_status` is FAILED (else SUCCESS), `validation_errors` has the names in the order of the yml.

    Args:
        unless: SQL condition of rows that no rule judges, such as 'is_deleted', since deleted rows have no payload.
-#}
{% macro row_validation(unless=none) -%}
    {%- set broken = [] -%}
    {%- for rule in validation_rules() -%}
        {%- do broken.append("case when not (" ~ rule.check ~ ") then '" ~ rule.name ~ "' end") -%}
    {%- endfor -%}
    {%- set errors = 'array_compact(array(' ~ (broken or ['cast(null as string)']) | join(', ') ~ '))' -%}
    {%- set errors = 'if(' ~ unless ~ ', cast(array() as array<string>), ' ~ errors ~ ')' if unless else errors -%}
    {{ errors }} as validation_errors,
    if(size(validation_errors) > 0, 'FAILED', 'SUCCESS') as validation_status
{%- endmacro %}


{#- The model's rules; refuses a model that has none. dbt's unit tests do not see a model's yml: there the rules are given. -#}
{% macro validation_rules() -%}
    {%- if not execute -%}
        {%- do return([]) -%}
    {%- endif -%}
    {%- if model.resource_type == 'unit_test' -%}
        {{ exceptions.raise_compiler_error(
            "unit test " ~ model.name ~ ": dbt shows it no model's yml, so row_validation() has no rules. Nothing was tested."
            ~ "\nNext: give them under overrides: macros: tidegate.validation_rules: [{name: …, check: …}] (docs/macros/row_validation.md)") }}
    {%- endif -%}
    {%- set rules = rules_of(model) -%}
    {%- if not rules -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": its rules cannot be read\n  there is none\nNothing was built."
            ~ "\nNext: write them under config: meta: rules: in " ~ model.name ~ ".yml (docs/macros/row_validation.md)") }}
    {%- endif -%}
    {%- do return(rules) -%}
{%- endmacro %}
