insert into {{ table }}
select *, null, null
from parquet.`{{ lines }}`
