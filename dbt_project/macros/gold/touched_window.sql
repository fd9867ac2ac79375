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
    {%- set held = none if should_full_refresh() else gold_position(this) -%}
    {%- set followed = followed_snapshots(relation, held.snapshot if held else none) -%}
    {%- set window = {'after': held.snapshot if held else none, 'upto': followed.newest, 'days': none, 'made_by': made_by} -%}
    {%- if held is none -%}
        {%- do tell_in_full(relation, 'nothing is known of the past' if not should_full_refresh() else 'as asked') -%}
    {%- elif held.made_by != made_by -%}
        {%- do tell_in_full(relation, 'the model changed') -%}
    {%- elif held.snapshot == followed.newest -%}
        {%- do window.update({'days': []}) -%}
    {%- elif not followed.reaches_back -%}
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
    What the gold table was computed from: {snapshot, made_by}; none when no commit says so, or the table does not exist.

    The newest among the ancestors of its main branch counts, as with batches: commits of compaction say nothing.
-#}
{% macro gold_position(relation) -%}
    {%- set found = load_relation(relation) -%}
    {%- if found is none or found.is_view -%}
        {%- do return(none) -%}
    {%- endif -%}
    {%- set newest = run_query(gold_position_sql(relation)).rows[0][0] -%}
    {%- if not newest -%}
        {%- do return(none) -%}
    {%- endif -%}
    {%- set snapshot, made_by = newest.split('/') -%}
    {%- do return({'snapshot': snapshot | int, 'made_by': made_by}) -%}
{%- endmacro %}


{% macro gold_position_sql(relation) -%}
    select max_by(s.summary['tidegate_followed'], h.made_current_at)
    from {{ relation }}.history as h
    inner join {{ relation }}.snapshots as s on h.snapshot_id = s.snapshot_id
    where h.is_current_ancestor and s.summary['tidegate_followed'] is not null
{%- endmacro %}


{#- The followed table's newest snapshot, and whether `since` is one that it grew out of and that can still be read. -#}
{% macro followed_snapshots(relation, since) -%}
    {%- set query -%}
        select
            (select max(r.snapshot_id) from {{ relation }}.refs as r where r.name = 'main') as newest,
            (
                select count(*)
                from {{ relation }}.history as h
                inner join {{ relation }}.snapshots as s on h.snapshot_id = s.snapshot_id
                where h.is_current_ancestor and h.snapshot_id = {{ since or 0 }}
            ) as held
    {%- endset -%}
    {%- set row = run_query(query).rows[0] -%}
    {%- do return({'newest': row[0] | int if row[0] else none, 'reaches_back': row[1] | int > 0}) -%}
{%- endmacro %}


{#- An expression over today's columns can be asked of a snapshot only when none of that one's columns is gone. -#}
{% macro same_names(relation, snapshot, images) -%}
    {%- set then = run_query('select * from ' ~ relation ~ ' version as of ' ~ snapshot ~ ' limit 0').column_names -%}
    {%- for name in then if name not in images.names -%}
        {%- do return(false) -%}
    {%- endfor -%}
    {%- do return(true) -%}
{%- endmacro %}
