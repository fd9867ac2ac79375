{#-
    SQL for what a table's main branch was grown from: rows (asked, id, detail, said), to be joined by `union all` with whatever
    else is asked, and read by ancestors(). One row per snapshot with its parent and one of its properties, and one that
    names the newest of main. Spark neither joins nor sorts them, so that a run without news asks one small question.

    Args:
        relation: An Iceberg table that exists.
        asked: By which name ancestors() finds the rows.
        property: Snapshot property to read, such as `tidegate_batch`.
-#}
{% macro ancestry_sql(relation, asked, property) -%}
    select '{{ asked }}' as asked, cast(snapshot_id as string) as id, cast(parent_id as string) as detail, summary['{{ property }}'] as said
    from {{ relation }}.snapshots
    union all
    select '{{ asked }} main' as asked, cast(snapshot_id as string) as id, cast(null as string) as detail, cast(null as string) as said
    from {{ relation }}.refs where name = 'main'
{%- endmacro %}


{#-
    The snapshots that the newest of main was grown from, itself first: [{id, said}]; empty when the table holds none.

    Args:
        rows: What a query with ancestry_sql() returned.
        asked: The name given there.
-#}
{% macro ancestors(rows, asked) -%}
    {%- set known, chain = {}, [] -%}
    {%- set at = namespace(id=none) -%}
    {%- for row in rows -%}
        {%- if row['asked'] == asked -%}{%- do known.update({row['id'] | string: row}) -%}{%- endif -%}
        {%- if row['asked'] == asked ~ ' main' -%}{%- set at.id = row['id'] | string -%}{%- endif -%}
    {%- endfor -%}
    {%- if at.id is not none and at.id not in known -%}
        {{ exceptions.raise_compiler_error(
            "TIDEGATE_OVERTAKEN: model " ~ model.name ~ ": a table was written while it was looked at (snapshot " ~ at.id ~ "). Nothing was built."
            ~ "\nNext: run it again") }}
    {%- endif -%}
    {%- for _ in range(known | length) if at.id in known -%}
        {%- set row = known[at.id] -%}
        {%- do chain.append({'id': at.id | int, 'said': row['said']}) -%}
        {%- set at.id = row['detail'] | string -%}
    {%- endfor -%}
    {%- do return(chain) -%}
{%- endmacro %}


{#- The property of the newest of ancestors() that has it; none when none does. -#}
{% macro newest_said(chain) -%}
    {%- for one in chain if one.said is not none -%}
        {%- do return(one.said) -%}
    {%- endfor -%}
    {%- do return(none) -%}
{%- endmacro %}


{#- Whether a table of that name exists, so that its past can be asked for. -#}
{% macro has_past(relation) -%}
    {%- set found = load_relation(relation) -%}
    {%- do return(found is not none and not found.is_view) -%}
{%- endmacro %}
