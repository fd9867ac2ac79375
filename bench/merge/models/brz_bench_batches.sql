-- Bronze's write: a batch takes its own place, and no other is read.
{{ config(materialized='incremental', incremental_strategy='replace_batches', alias='bench_batches_' ~ env_var('TIDEGATE_BENCH_BASE', 'whole')) }}

select *
from (
    {{ window_note({'dataset': 'bench', 'after': 1, 'upto': 2, 'fields': {}}) }}
    select * except (is_deleted)
    from parquet.`{{ env_var('TIDEGATE_BENCH_INCREMENT', '') }}`
)
