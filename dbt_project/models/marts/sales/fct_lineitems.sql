-- One row per line of an order that exists, as it is now.
{{ config(materialized='incremental', incremental_strategy='touched_days') }}

with lines as (
    select
        *,
        cast(l_extendedprice as decimal(15, 2)) as extended_price,
        cast(l_discount as decimal(5, 2)) as discount,
        cast(l_tax as decimal(5, 2)) as tax
    from {{ touched_days(ref('slv_lineitem'), 'ship_date', 'cast(l_shipdate as date)') }}
)

select
    cast(l_orderkey as bigint) as order_key,
    cast(l_linenumber as bigint) as line_number,
    cast(l_partkey as bigint) as part_key,
    cast(l_suppkey as bigint) as supplier_key,
    ship_date,
    cast(l_commitdate as date) as commit_date,
    cast(l_receiptdate as date) as receipt_date,
    l_returnflag as return_flag,
    l_linestatus as line_status,
    l_shipmode as ship_mode,
    cast(l_quantity as decimal(15, 2)) as quantity,
    extended_price,
    discount,
    tax,
    cast(extended_price * (1 - discount) as decimal(22, 4)) as revenue,
    cast(extended_price * (1 - discount) * (1 + tax) as decimal(28, 6)) as charge,
    ingested_at as processed_at,
    current_timestamp() as generated_at
from lines
