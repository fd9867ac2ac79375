-- How many snapshots an expiry removes: all before a moment but the current one.
select count(*) as snapshots
from {{ table }}.snapshots as s
where
    s.committed_at < timestamp '{{ before }}'
    and s.snapshot_id not in (select r.snapshot_id from {{ table }}.refs as r)
