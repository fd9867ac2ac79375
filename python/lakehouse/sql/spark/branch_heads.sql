-- The newest snapshots of main and of a branch.
select name, snapshot_id from {{ table }}.refs where name in ('main', '{{ branch }}')
