insert into {{ table }}
select {{ columns }}
from parquet.`{{ lines }}`
