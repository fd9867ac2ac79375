-- Every snapshot with its parent, the batch its commit names, and whether main points at it.
select
    s.snapshot_id,
    s.parent_id,
    cast(s.committed_at as string) as committed_at,
    s.summary['tidegate_batch'] as batch_id,
    r.name is not null as is_head
from {{ table }}.snapshots as s
left join (select * from {{ table }}.refs where name = 'main') as r on s.snapshot_id = r.snapshot_id
