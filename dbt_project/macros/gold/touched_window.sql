{#-
    Which days of a followed table a gold table lacks, and from which snapshot to which.

    Args:
        relation: The table followed.
        images: How a row is seen: `day` and `where`, SQL over alias r; `identity`, `names`: columns.
        limit: Number of days above which all are taken.
    Returns:
        after, upto: snapshot ids of the followed table, none where there is none; days: texts as 2026-11-20 and none,
        or none for every day; made_by: which text of the model computed it.
-#}
{% macro touched_window(relation, images, limit) -%}
    {%- set made_by = (model.checksum.checksum or '')[:12] -%}
    {%- set pasts = gold_pasts(relation) -%}
    {%- set held, followed = pasts.held, pasts.followed -%}
    {%- set window = {'after': held.snapshot if held else none, 'upto': followed.newest, 'days': none, 'made_by': made_by} -%}
    {%- if held is none -%}
        {%- do tell_in_full(relation, 'nothing is known of the past' if not should_full_refresh() else 'as asked') -%}
    {%- elif held.made_by != made_by -%}
        {%- do tell_in_full(relation, 'the model changed') -%}
    {%- elif held.snapshot == followed.newest -%}
        {%- do window.update({'days': []}) -%}
    {%- elif held.snapshot not in followed.ancestors -%}
        {%- do tell_in_full(relation, 'its snapshot ' ~ held.snapshot ~ ' expired, or the table was replaced') -%}
    {%- elif not same_names(relation, held.snapshot, images) -%}
        {%- do tell_in_full(relation, 'columns were renamed or dropped since') -%}
    {%- else -%}
        {%- set days = days_between(relation, held.snapshot, followed.newest, images) -%}
        {%- if days | length > limit -%}
            {%- do tell_in_full(relation, days | length ~ ' days are touched, more than ' ~ limit) -%}
        {%- else -%}
            {%- do log(this.identifier ~ ': ' ~ days | length ~ ' day(s) touched in ' ~ relation, info=true) -%}
            {%- do window.update({'days': days}) -%}
        {%- endif -%}
    {%- endif -%}
    {%- do return(window) -%}
{%- endmacro %}


{% macro tell_in_full(relation, why) -%}
    {%- do log(this.identifier ~ ': every day of ' ~ relation ~ ' is computed anew: ' ~ why, info=true) -%}
{%- endmacro %}


{#-
    What a gold table was computed from, and what the followed table was grown from, in one statement.

    Returns:
        held: {snapshot, made_by}, as the newest commit of main's past says that says it (compaction says nothing);
        none when none does, the table does not exist, or all is computed anew.
        followed: {newest, ancestors}: snapshot ids of the followed table that can still be read.
-#}
{% macro gold_pasts(relation) -%}
    {%- set is_held = not should_full_refresh() and has_past(this) -%}
    {%- set question -%}
        {{ ancestry_sql(relation, 'followed', 'tidegate_batch') }}
        {%- if is_held %}
        union all
        {{ ancestry_sql(this, 'this', 'tidegate_followed') }}
        {%- endif %}
    {%- endset -%}
    {%- set rows = run_query(question).rows -%}
    {%- set known = ancestors(rows, 'followed') | map(attribute='id') | list -%}
    {%- set said = newest_said(ancestors(rows, 'this')) -%}
    {%- set held = none -%}
    {%- if said -%}
        {%- set snapshot, made_by = said.split('/') -%}
        {%- set held = {'snapshot': snapshot | int, 'made_by': made_by} -%}
    {%- endif -%}
    {%- do return({'held': held, 'followed': {'newest': known[0] if known else none, 'ancestors': known}}) -%}
{%- endmacro %}


{#- SQL for the same of the gold table alone, asked while a statement writes it. -#}
{% macro gold_position_sql(relation) -%}
    select max_by(s.summary['tidegate_followed'], h.made_current_at)
    from {{ relation }}.history as h
    inner join {{ relation }}.snapshots as s on h.snapshot_id = s.snapshot_id
    where h.is_current_ancestor and s.summary['tidegate_followed'] is not null
{%- endmacro %}


{#- An expression over today's columns can be asked of a snapshot only when none of that one's columns is gone. -#}
{% macro same_names(relation, snapshot, images) -%}
    {%- set then = run_query('select * from ' ~ relation ~ ' version as of ' ~ snapshot ~ ' limit 0').column_names -%}
    {%- for name in then if name not in images.names -%}
        {%- do return(false) -%}
    {%- endfor -%}
    {%- do return(true) -%}
{%- endmacro %}
