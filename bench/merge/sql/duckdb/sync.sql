merge into line as t
using increment as s
on t.l_orderkey = s.l_orderkey and t.l_linenumber = s.l_linenumber
when matched then update
when not matched by source then delete
