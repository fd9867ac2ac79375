{#-
    The newest batch whose rows `relation` holds; 0 when the table does not exist or holds none.

    Every commit carries its batch as the snapshot property `tidegate_batch`. Only ancestors of the main branch count:
    a table that was replaced or rolled back starts again. `max(batch_id)` would lie, since a merge
    overwrites rows and an empty batch leaves none.
-#}
{% macro applied_batch(relation) -%}
    {%- set found = load_relation(relation) if execute else none -%}
    {%- if found is none or found.is_view -%}
        {%- do return(0) -%}
    {%- endif -%}
    {%- set newest -%}
        select max_by(cast(s.summary['tidegate_batch'] as bigint), h.made_current_at) as batch_id
        from {{ relation }}.history as h
        inner join {{ relation }}.snapshots as s on h.snapshot_id = s.snapshot_id
        where h.is_current_ancestor and s.summary['tidegate_batch'] is not null
    {%- endset -%}
    {%- do return((run_query(newest).rows[0][0] or 0) | int) -%}
{%- endmacro %}
