{#-
    Tables that each run computes whole, on Iceberg, in place of dbt-spark's own: NOT NULL of the contract holds (stock asks for
    it only on Delta), and a table whose columns stay is never empty or gone, not even for a moment.
-#}
{% materialization table, adapter='spark', supported_languages=['sql'] -%}
    {%- set rows = this.incorporate(path={'identifier': this.identifier ~ '__rows'}).include(schema=false) -%}
    {%- do check_file_format() -%}

    {{ run_hooks(pre_hooks) }}

    {%- do make_way() -%}
    {%- do tell_whole_types() -%}
    {%- call statement('rows') -%}{{ create_temporary_view(rows, compiled_code) }}{%- endcall -%}
    {%- do check_contract() -%}
    {%- do replace_whole('table', rows, stored_columns(rows), none) -%}
    {%- do apply_grants(this, config.get('grants'), should_revoke=false) -%}
    {%- do persist_docs(this, model) -%}

    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this]}) }}
{%- endmaterialization %}


{#- A view that bore the model's name goes: a table cannot replace one. -#}
{% macro make_way() -%}
    {%- if is_view(this) -%}{%- do run_query('drop view ' ~ this) -%}{%- endif -%}
{%- endmacro %}


{#- Whether a view bears the relation's name. dbt's list of relations has none of Iceberg's views. -#}
{% macro is_view(relation) -%}
    {%- set stored = load_relation(relation) -%}
    {%- if stored -%}{%- do return(stored.is_view) -%}{%- endif -%}
    {%- set views = run_query("show views in " ~ relation.schema ~ " like '" ~ relation.identifier ~ "'") -%}
    {%- do return(views.rows | length > 0) -%}
{%- endmacro %}


{% macro check_file_format() -%}
    {%- if config.get('file_format', 'iceberg') != 'iceberg' -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": file_format is " ~ config.get('file_format') ~ ". Nothing was written."
            ~ "\nNext: choose iceberg, the only one that tables of this project are written in") }}
    {%- endif -%}
{%- endmacro %}
