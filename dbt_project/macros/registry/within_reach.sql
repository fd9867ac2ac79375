{#-
    The position with its window cut to what one statement reads at once; `more` says that batches are left behind it.

    A run after a long pause would name a hundred thousand objects in one statement. At most TIDEGATE_OBJECTS_AT_ONCE
    (1,000) are named, but always those of one batch; the materialization goes on until the window is whole.

    Args:
        position: What position() returned.
-#}
{% macro within_reach(position) -%}
    {%- if not execute or position.upto <= position.after + 1 -%}
        {%- do return(position) -%}
    {%- endif -%}
    {%- set counted -%}
        select batch_id, count(*) as objects from meta.admitted.object
        where dataset = '{{ position.dataset }}' and batch_id between {{ position.after + 1 }} and {{ position.upto }}
        group by batch_id order by batch_id
    {%- endset -%}
    {%- set most = env_var('TIDEGATE_OBJECTS_AT_ONCE', '1000') | int -%}
    {%- set at = namespace(objects=0, upto=position.upto, more=false) -%}
    {%- for row in run_query(counted).rows -%}
        {%- set at.objects = at.objects + row[1] | int -%}
        {%- if at.objects > most and not at.more and row[0] | int > position.after + 1 -%}
            {%- set at.upto = (row[0] | int) - 1 -%}
            {%- set at.more = true -%}
        {%- elif at.objects > most and not at.more and position.upto > row[0] | int -%}
            {%- set at.upto = row[0] | int -%}
            {%- set at.more = true -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set cut = {} -%}
    {%- do cut.update(position) -%}
    {%- do cut.update({'upto': at.upto, 'more': at.more}) -%}
    {%- do return(cut) -%}
{%- endmacro %}
