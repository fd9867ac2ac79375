select snapshot_id, summary
from {{ table }}.snapshots
order by committed_at desc
limit 1
