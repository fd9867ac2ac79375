-- 1 % of the table; a fifth of it under keys that are new.
select
    * replace (
        if(sampled(l_orderkey, l_linenumber, 'mixed new', 200), fresh(l_orderkey), l_orderkey) as l_orderkey,
        -1::decimal(15, 2) as l_quantity
    )
from again('whole')
where sampled(l_orderkey, l_linenumber, 'mixed', 10)
