-- One row per departure event; an event sent again is kept and flagged.
{{ config(materialized='incremental', incremental_strategy='append') }}

select * from {{ append('flights') }}
