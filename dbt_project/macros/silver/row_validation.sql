{#-
    The columns `validation_errors` and `validation_status` of a row: `select *, {{ row_validation() }} from {{ append('flights') }}`.

    Rules stand in the model's yml, `config: {meta: {rules: [{name: …, check: …}]}}`; `check` is an SQL condition on the columns of
    the query. As in a CHECK constraint a rule is broken where its condition is false; null breaks nothing.
    Rows that break a rule stay: `validation_status` is FAILED (else SUCCESS), `validation_errors` has the names in the order of the yml.

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


{#- The model's rules, [{name, check}]; refuses what is no rule, listing all of it. -#}
{% macro validation_rules() -%}
    {%- if not execute -%}
        {%- do return([]) -%}
    {%- endif -%}
    {%- set rules = (model.config.meta or {}).get('rules') or [] -%}
    {%- set wrong = [] if rules else ['there is none'] -%}
    {%- set names = [] -%}
    {%- for rule in rules -%}
        {%- set name = rule.name | string if rule is mapping else '' -%}
        {%- if rule is not mapping or rule.keys() | sort | list != ['check', 'name'] -%}
            {%- do wrong.append('rule ' ~ loop.index ~ ' is ' ~ tojson(rule) ~ '; allowed: {name: …, check: …}') -%}
        {%- elif not modules.re.fullmatch('[a-z][a-z0-9_]*', name) -%}
            {%- do wrong.append('rule ' ~ loop.index ~ ' is called ' ~ name ~ '; allowed: lower case letters, digits and _') -%}
        {%- elif name in names -%}
            {%- do wrong.append('two rules are called ' ~ name) -%}
        {%- endif -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {%- if wrong -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": its rules cannot be read\n  " ~ wrong | join('\n  ')
            ~ "\nNothing was built.\nNext: write them under config: meta: rules: in " ~ model.name ~ ".yml (docs/macros/row_validation.md)") }}
    {%- endif -%}
    {%- do return(rules) -%}
{%- endmacro %}
