-- One row per order that exists, as it is now.
{{ config(materialized='incremental', incremental_strategy='touched_days') }}

select
    cast(o_orderkey as bigint) as order_key,
    cast(o_custkey as bigint) as customer_key,
    order_date,
    o_orderstatus as order_status,
    cast(o_totalprice as decimal(18, 2)) as total_price,
    o_orderpriority as order_priority,
    o_clerk as clerk,
    ingested_at as processed_at,
    current_timestamp() as generated_at
from {{ touched_days(ref('slv_orders'), 'order_date', 'cast(o_orderdate as date)') }}
