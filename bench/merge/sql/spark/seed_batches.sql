insert into {{ table }}
select * except (is_deleted)
from parquet.`{{ lines }}`
