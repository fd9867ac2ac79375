-- 5 % of the table once more, nothing changed: the very records that the table holds.
select *
from whole
where sampled(l_orderkey, l_linenumber, 'idempotent', 50)
