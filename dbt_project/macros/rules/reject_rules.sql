{#-
    The rules whose breakers stay out of silver: those of slv_<dataset> with `on_failure: reject`, [{name, check, on_failure}].

    They stand in one model and hold in all that read the dataset, so that each of its silver tables has the same records.
    They judge a record before it meets others of its key: `check` sees the columns of payload() alone. dbt's unit tests know
    no other models, so there no record is rejected.
-#}
{% macro reject_rules(dataset) -%}
    {%- set found = [] -%}
    {%- for node in (graph.get('nodes', {}).values() if execute else []) if node.resource_type == 'model' and node.name == 'slv_' ~ dataset -%}
        {%- for rule in rules_of(node) if rule.on_failure == 'reject' -%}{%- do found.append(rule) -%}{%- endfor -%}
    {%- endfor -%}
    {%- do return(found) -%}
{%- endmacro %}


{#- A model's rules with what becomes of rows that break them; refuses what is no rule, listing all of it. -#}
{% macro rules_of(node) -%}
    {%- set meta = node.config.meta or {} -%}
    {%- set usual = meta.get('on_failure') or 'mark' -%}
    {%- set allowed = ['mark', 'reject'] -%}
    {%- set wrong = [] if usual in allowed else ['on_failure is ' ~ usual ~ '; allowed: ' ~ allowed | join(', ')] -%}
    {%- set rules = [] -%}
    {%- set names = [] -%}
    {%- for rule in meta.get('rules') or [] -%}
        {%- set name = rule.name | string if rule is mapping else '' -%}
        {%- if rule is not mapping or rule.keys() | reject('equalto', 'on_failure') | sort | list != ['check', 'name'] -%}
            {%- do wrong.append('rule ' ~ loop.index ~ ' is ' ~ tojson(rule) ~ '; allowed: {name: …, check: …, on_failure: …}') -%}
        {%- elif not modules.re.fullmatch('[a-z][a-z0-9_]*', name) -%}
            {%- do wrong.append('rule ' ~ loop.index ~ ' is called ' ~ name ~ '; allowed: lower case letters, digits and _') -%}
        {%- elif name in names -%}
            {%- do wrong.append('two rules are called ' ~ name) -%}
        {%- elif rule.on_failure and rule.on_failure not in allowed -%}
            {%- do wrong.append('rule ' ~ name ~ ' has on_failure ' ~ rule.on_failure ~ '; allowed: ' ~ allowed | join(', ')) -%}
        {%- else -%}
            {%- do rules.append({'name': name, 'check': rule.check, 'on_failure': rule.on_failure or usual}) -%}
        {%- endif -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {%- if wrong -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ node.name ~ ": its rules cannot be read\n  " ~ wrong | join('\n  ')
            ~ "\nNothing was built.\nNext: write them under config: meta: rules: in " ~ node.name ~ ".yml (docs/macros/row_validation.md)") }}
    {%- endif -%}
    {%- do return(rules) -%}
{%- endmacro %}


{#- SQL: the names of the rejecting rules that a row of payload() breaks; deletions have no payload to judge. -#}
{% macro broken_rules(alias, position) -%}
    {%- set broken = [] -%}
    {%- for rule in reject_rules(position.dataset) -%}
        {%- do broken.append("case when not (" ~ rule.check ~ ") then '" ~ rule.name ~ "' end") -%}
    {%- endfor -%}
    {%- set is_deletion = alias ~ ".is_deleted" ~ (" or coalesce(" ~ alias ~ ".__op = 'd', false)" if position.fields.cdc else "") -%}
    if({{ is_deletion }}, cast(array() as array<string>), array_compact(array({{ (broken or ['cast(null as string)']) | join(', ') }})))
{%- endmacro %}
