-- ancestry
-- Every snapshot with its parent, how far its commit says the table is, and what points at it.
select
    s.snapshot_id,
    s.parent_id,
    cast(s.committed_at as string) as committed_at,
    coalesce(s.summary['tidegate_batch'], s.summary['tidegate_followed']) as position,
    coalesce(r.is_head, false) as is_head,
    coalesce(r.is_branched, false) as is_branched
from {{ table }}.snapshots as s
left join (
    select snapshot_id, bool_or(name = 'main') as is_head, bool_or(name <> 'main') as is_branched
    from {{ table }}.refs group by snapshot_id
) as r on s.snapshot_id = r.snapshot_id
