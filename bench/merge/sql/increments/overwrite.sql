-- 5 % of the table under keys that are new: all that shall be left.
select * replace (fresh(l_orderkey) as l_orderkey)
from again('whole')
where sampled(l_orderkey, l_linenumber, 'overwrite', 50)
