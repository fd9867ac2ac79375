-- One row per customer that exists, as it is now.
{{ config(materialized='table') }}

select
    cast(c_custkey as bigint) as customer_key,
    c_name as customer_name,
    cast(c_nationkey as bigint) as nation_key,
    c_phone as phone,
    c_mktsegment as market_segment,
    cast(c_acctbal as decimal(15, 2)) as account_balance,
    ingested_at as processed_at,
    current_timestamp() as generated_at
from {{ ref('slv_customers_current') }}
