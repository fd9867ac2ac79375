-- All that shall be left of a table half as large: its odd orders, changed.
select * replace (-5::decimal(15, 2) as l_quantity)
from again('half')
where l_orderkey % 2 = 1
