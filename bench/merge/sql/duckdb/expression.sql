merge into line as t
using increment as s
on t.l_orderkey = s.l_orderkey and t.l_linenumber = s.l_linenumber
when matched then update set
    l_quantity = -9,
    l_returnflag = case when s.l_extendedprice >= 50000 then 'H' else 'L' end
