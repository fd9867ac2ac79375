-- Every receipt of the demo's datasets (PostgreSQL).
select dataset, batch_id, line, is_green, terms::text as terms
from registry.receipt
where dataset in ('orders', 'flights')
order by dataset, batch_id, line
