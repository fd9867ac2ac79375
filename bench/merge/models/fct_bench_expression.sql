-- dbt's own merge of a query whose columns are expressions.
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['l_orderkey', 'l_linenumber'],
    alias=env_var('TIDEGATE_BENCH_TABLE', 'bench_expression'),
) }}

select
    l_orderkey,
    l_partkey,
    l_suppkey,
    l_linenumber,
    cast(-9 as decimal(15, 2)) as l_quantity,
    l_extendedprice,
    l_discount,
    l_tax,
    case when l_extendedprice >= 50000 then 'H' else 'L' end as l_returnflag,
    l_linestatus,
    l_shipdate,
    l_commitdate,
    l_receiptdate,
    l_shipinstruct,
    l_shipmode,
    l_comment
from parquet.`{{ env_var('TIDEGATE_BENCH_INCREMENT', '') }}`
