-- One row per record of the topic, verbatim, from admitted batches only.
{{ config(materialized='incremental', incremental_strategy='replace_batches', full_refresh=false) }}

select * from {{ landed('lineitem') }}
