{#-
    The layer's schema of a model, read from its prefix: brz_ → bronze, slv_ → silver, dim_ fct_ agg_ → gold.

    Bronze is one for all targets: its loads are idempotent, and every silver reads the same records.
    Other layers are `silver` and `gold` in prod and on a backfill's branch, `<target schema>_silver` and `…_gold` elsewhere.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set layers = {'brz': 'bronze', 'slv': 'silver', 'dim': 'gold', 'fct': 'gold', 'agg': 'gold'} -%}
    {%- set layer = custom_schema_name or layers.get(node.name.split('_')[0]) -%}
    {%- if layer == 'bronze' or (layer and target.name in ['prod', 'backfill']) -%}
        {{ layer | trim }}
    {%- elif layer -%}
        {{ target.schema }}_{{ layer | trim }}
    {%- elif node.resource_type == 'model' -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ node.name ~ ": its prefix names no layer. Nothing was built."
            ~ " Rename it to one of brz_ slv_ dim_ fct_ agg_, or give it a config `schema`.") }}
    {%- else -%}
        {{ target.schema }}
    {%- endif -%}
{%- endmacro %}
