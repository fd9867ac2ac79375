insert into {{ table }}
select * except (is_deleted), false
from parquet.`{{ lines }}`
