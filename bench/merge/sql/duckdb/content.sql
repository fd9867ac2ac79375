select count(*) as row_count, sum(('0x' || substring(md5({{ text }}), 1, 15))::ubigint) as digest
from {{ table }}
