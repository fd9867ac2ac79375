-- dbt's own merge, through this project's materialization.
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['l_orderkey', 'l_linenumber'],
    alias=env_var('TIDEGATE_BENCH_TABLE', 'bench_merge'),
) }}

select
    l_orderkey,
    l_partkey,
    l_suppkey,
    l_linenumber,
    l_quantity,
    l_extendedprice,
    l_discount,
    l_tax,
    l_returnflag,
    l_linestatus,
    l_shipdate,
    l_commitdate,
    l_receiptdate,
    l_shipinstruct,
    l_shipmode,
    l_comment
from parquet.`{{ env_var('TIDEGATE_BENCH_INCREMENT', '') }}`
