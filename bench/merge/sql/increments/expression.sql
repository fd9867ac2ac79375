-- 5 % of a table half as large; what becomes of them is computed while merging.
select *
from again('half')
where sampled(l_orderkey, l_linenumber, 'expression', 50)
