-- Main's snapshot and the newest batch it holds, of one state of the table; commits by hand carry no batch.
select
    max(r.snapshot_id) as snapshot_id,
    max_by(cast(s.summary['tidegate_batch'] as bigint), if(s.snapshot_id is null, null, h.made_current_at)) as batch_id
from {{ table }}.refs as r
left join {{ table }}.history as h on h.is_current_ancestor
left join {{ table }}.snapshots as s on h.snapshot_id = s.snapshot_id and s.summary['tidegate_batch'] is not null
where r.name = 'main'
