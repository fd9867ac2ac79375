-- One row per day of shipping, over the lines that exist now.
{{ config(materialized='incremental', incremental_strategy='touched_days') }}

with lines as (
    select
        ship_date,
        l_orderkey as order_key,
        cast(l_quantity as decimal(15, 2)) as quantity,
        cast(l_extendedprice as decimal(15, 2)) as extended_price,
        cast(l_discount as decimal(5, 2)) as discount,
        ingested_at
    from {{ touched_days(ref('slv_lineitem'), 'ship_date', 'cast(l_shipdate as date)') }}
)

select
    ship_date,
    count(*) as line_count,
    count(distinct order_key) as order_count,
    cast(sum(quantity) as decimal(28, 2)) as quantity,
    cast(sum(extended_price * (1 - discount)) as decimal(28, 4)) as revenue,
    max(ingested_at) as processed_at,
    current_timestamp() as generated_at
from lines
group by ship_date
