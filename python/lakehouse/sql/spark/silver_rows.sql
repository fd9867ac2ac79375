-- What silver itself shows of some batches: rows that no bronze record stands behind show up here.
select
    s.batch_id,
    count(*) as silver,
    cast(sum(cast({{ identity_hash('s') }} as decimal(38, 0))) as string) as identity_hash
from {{ silver }} as s
where s.batch_id in ({{ batches }})
group by s.batch_id
