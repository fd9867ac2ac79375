-- What `append()` makes of records that arrive, but for reading them. The bench's second batch is one moment of event time.
{{ config(materialized='incremental', incremental_strategy='append', alias='bench_append_' ~ env_var('TIDEGATE_BENCH_BASE', 'whole')) }}
{%- set fields = {'event_id': []} %}
{%- set span = ['2026-11-21 10:00:00', '2026-11-21 10:00:00'] %}
{%- set records = 'select * from parquet.`' ~ env_var('TIDEGATE_BENCH_INCREMENT', '') ~ '`' %}

select *
from (
    {{ window_note({'dataset': 'bench', 'after': 1, 'upto': 2, 'fields': fields}, {'span': span}) }}
    {{ append_rows(records, fields, this if is_incremental() else none, span) }}
)
