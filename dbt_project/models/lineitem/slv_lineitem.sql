-- One row per (l_orderkey, l_linenumber): its newest state. Deleted keys stay, flagged.
{{ config(materialized='incremental', incremental_strategy='upsert') }}

select * from {{ upsert('lineitem') }}
