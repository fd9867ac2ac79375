-- followed
-- The snapshots that tables of gold were computed from, as their newest commits say.
{% for table in tables %}
select cast(split(max_by(s.summary['tidegate_followed'], h.made_current_at), '/')[0] as bigint) as snapshot_id
from {{ table }}.history as h
inner join {{ table }}.snapshots as s on h.snapshot_id = s.snapshot_id
where h.is_current_ancestor and s.summary['tidegate_followed'] is not null
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
