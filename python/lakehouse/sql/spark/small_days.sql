-- Days whose rows lie in several small files. The day of a row without timestamp is null.
select cast(f.partition.kafka_timestamp_day as string) as day
from {{ bronze }}.files as f
where f.spec_id = 1 and f.file_size_in_bytes < {{ small_bytes }}
group by f.partition.kafka_timestamp_day
having count(*) > 1
order by 1
