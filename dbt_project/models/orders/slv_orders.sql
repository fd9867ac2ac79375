-- One row per order: its newest state by updated_at. Deleted orders stay, flagged.
{{ config(materialized='incremental', incremental_strategy='upsert') }}

select * from {{ upsert('orders') }}
