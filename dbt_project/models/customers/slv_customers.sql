-- One row per customer: its newest state by place in PostgreSQL's log. Deleted rows stay, flagged.
{{ config(materialized='incremental', incremental_strategy='upsert') }}

select * from {{ upsert('customers', deleted_when="__deleted = 'true'") }}
