-- The newest batch that the table's main branch carries as the property of one of its commits.
select max_by(cast(s.summary['tidegate_batch'] as bigint), h.made_current_at) as batch_id
from {{ table }}.history as h
inner join {{ table }}.snapshots as s on h.snapshot_id = s.snapshot_id
where h.is_current_ancestor and s.summary['tidegate_batch'] is not null
