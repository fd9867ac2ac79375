-- Every key that silver knows, with the state it shows.
select
    cast(o_orderkey as string) as order_key,
    case when not is_deleted then concat(updated_at, '|', o_orderstatus) end as fact
from silver.slv_orders
