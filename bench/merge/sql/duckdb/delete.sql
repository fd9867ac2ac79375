merge into line as t
using increment as s
on t.l_orderkey = s.l_orderkey and t.l_linenumber = s.l_linenumber
when matched and s.l_quantity = -7 then delete
when matched then update
when not matched then insert
