-- What readers see, whatever order its rows lie in.
select count(*) as row_count, sum(cast(conv(substring(md5({{ text }}), 1, 15), 16, 10) as decimal(20, 0))) as digest
from {{ table }}
where {{ visible }}
