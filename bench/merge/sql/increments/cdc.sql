-- Of a table half as large: every hundredth order deleted, 3 % of the lines changed, 2 % more under new keys.
select * replace (true as is_deleted, -7::decimal(15, 2) as l_quantity)
from again('half')
where l_orderkey % 100 = 7
union all by name
select * replace (-8::decimal(15, 2) as l_quantity)
from again('half')
where l_orderkey % 100 <> 7 and sampled(l_orderkey, l_linenumber, 'cdc change', 30)
union all by name
select * replace (
        fresh(l_orderkey) as l_orderkey,
        date '2036-01-01' as l_shipdate,
        kafka_offset + 1000000000000 as kafka_offset
    )
from again('half')
where sampled(l_orderkey, l_linenumber, 'cdc new', 20)
