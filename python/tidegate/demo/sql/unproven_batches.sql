-- Admitted batches without two green receipts (PostgreSQL).
select b.dataset, b.batch_id
from registry.batch as b
left join registry.receipt as r
    on b.dataset = r.dataset and b.batch_id = r.batch_id and r.is_green
where b.status = 'ADMITTED' and b.dataset in ('orders', 'flights')
group by b.dataset, b.batch_id
having count(r.line) < 2
order by b.dataset, b.batch_id
