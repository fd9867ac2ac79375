-- 5 % of the table under keys that are new, all shipped in the future.
select * replace (fresh(l_orderkey) as l_orderkey, date '2035-06-15' as l_shipdate)
from again('whole')
where sampled(l_orderkey, l_linenumber, 'insert', 50)
