-- One row per state of a customer and the time it held, half-open: valid_from <= t < valid_to.
{{ config(materialized='table') }}

select
    cast(c_custkey as bigint) as customer_key,
    valid_from,
    valid_to,
    is_current,
    c_name as customer_name,
    cast(c_nationkey as bigint) as nation_key,
    c_phone as phone,
    c_mktsegment as market_segment,
    cast(c_acctbal as decimal(15, 2)) as account_balance,
    ingested_at as processed_at,
    current_timestamp() as generated_at
from {{ ref('slv_customers_h') }}
where is_current or valid_from < valid_to
