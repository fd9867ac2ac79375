-- Every state of every customer with the time it held, from the changes of the shop's table.
{{ config(materialized='incremental', incremental_strategy='history') }}

select * from {{ history('customers', deleted_when="__deleted = 'true'") }}
