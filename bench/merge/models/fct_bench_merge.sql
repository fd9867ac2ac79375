-- dbt's own merge, through this project's materialization; two columns are computed when the operation says so.
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['l_orderkey', 'l_linenumber'],
    alias='bench_merge_' ~ env_var('TIDEGATE_BENCH_BASE', 'whole'),
) }}
{%- set computed = env_var('TIDEGATE_BENCH_COMPUTED', '') == 'yes' %}

select
    l_orderkey,
    l_partkey,
    l_suppkey,
    l_linenumber,
    {{ 'cast(-9 as decimal(15, 2)) as l_quantity' if computed else 'l_quantity' }},
    l_extendedprice,
    l_discount,
    l_tax,
    {{ "case when l_extendedprice >= 50000 then 'H' else 'L' end as l_returnflag" if computed else 'l_returnflag' }},
    l_linestatus,
    l_shipdate,
    l_commitdate,
    l_receiptdate,
    l_shipinstruct,
    l_shipmode,
    l_comment
from parquet.`{{ env_var('TIDEGATE_BENCH_INCREMENT', '') }}`
