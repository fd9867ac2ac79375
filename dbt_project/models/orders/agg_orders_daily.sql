-- One row per day of ordering, over the orders that exist now.
{{ config(materialized='incremental', incremental_strategy='touched_days') }}

with orders as (
    select
        order_date,
        cast(o_totalprice as decimal(18, 2)) as total_price,
        o_custkey as customer_key,
        ingested_at
    from {{ touched_days(ref('slv_orders'), 'order_date', 'cast(o_orderdate as date)') }}
)

select
    order_date,
    count(*) as order_count,
    count(distinct customer_key) as customer_count,
    cast(sum(total_price) as decimal(28, 2)) as revenue,
    max(ingested_at) as processed_at,
    current_timestamp() as generated_at
from orders
group by order_date
