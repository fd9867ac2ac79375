-- Every record of topic orders as columns: payload() alone.
{{ config(materialized='incremental', incremental_strategy='append') }}

select * from {{ payload('orders') }}
