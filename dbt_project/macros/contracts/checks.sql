{#-
    The CHECK constraints of a model's contract, its own and its columns': [{name, expression}].

    Iceberg has no CHECK and dbt-spark leaves it out without a word, so a data test keeps them: `contract_checks`.

    Args:
        node: The model's node, as in dbt's graph.
-#}
{% macro checks_of(node) -%}
    {%- set checks = [] -%}
    {%- set holders = [node] + node.columns.values() | list -%}
    {%- for holder in holders -%}
        {%- for constraint in holder.constraints or [] if constraint.type == 'check' -%}
            {%- do checks.append({'name': constraint.name or holder.name ~ '_' ~ loop.index, 'expression': constraint.expression}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(checks) -%}
{%- endmacro %}


{#- The checks of the model that the test at hand is attached to. -#}
{% macro checks_of_tested() -%}
    {%- do return(checks_of(graph.nodes[model.attached_node]) if execute else []) -%}
{%- endmacro %}


{#- Refuses a contract whose checks nothing would keep. -#}
{% macro require_tested_checks(node) -%}
    {%- set checks = checks_of(node) -%}
    {%- if checks and not is_check_tested(node) -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ node.name ~ ": its contract has " ~ checks | length ~ " check constraint(s) that nothing keeps: "
            ~ checks | map(attribute='expression') | join('; ') ~ ". Nothing was written."
            ~ "\nNext: add `contract_checks` to the model's data_tests") }}
    {%- endif -%}
{%- endmacro %}


{% macro is_check_tested(node) -%}
    {%- for test in graph.nodes.values() if test.attached_node == node.unique_id and test.test_metadata -%}
        {%- if test.test_metadata.name == 'contract_checks' -%}{%- do return(true) -%}{%- endif -%}
    {%- endfor -%}
    {%- do return(false) -%}
{%- endmacro %}
