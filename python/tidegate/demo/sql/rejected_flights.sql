select count(*) as records
from registry.rejected_record
where dataset = 'flights'
