-- 5 % of the table under keys that are new, others than those of `append`.
select * replace (fresh(l_orderkey) as l_orderkey)
from again('whole')
where sampled(l_orderkey, l_linenumber, 'safeappend', 50)
