-- 5 % of the table, changed.
select * replace (-2::decimal(15, 2) as l_quantity)
from again('whole')
where sampled(l_orderkey, l_linenumber, 'update', 50)
