-- What a table consists of now, and what its snapshots hold altogether; sizes in bytes.
select
    count_if(f.content = 0) as data_files,
    count_if(f.content <> 0) as delete_files,
    coalesce(sum(f.file_size_in_bytes), 0) as bytes,
    (select count(*) from {{ table }}.snapshots) as snapshots,
    (select count(distinct a.file_path) from {{ table }}.all_files as a) as stored_files,
    (
        select coalesce(sum(d.file_size_in_bytes), 0)
        from (select distinct a.file_path, a.file_size_in_bytes from {{ table }}.all_files as a) as d
    ) as stored_bytes
from {{ table }}.files as f
