-- Every record of topic orders, judged: row_validation() over payload().
{{ config(materialized='incremental', incremental_strategy='append') }}

select o_orderkey, {{ row_validation(unless='is_deleted') }} from {{ payload('orders') }}
