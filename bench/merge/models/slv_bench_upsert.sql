-- What `upsert()` makes of records that arrive, but for reading them: the increment has typed columns already.
{{ config(materialized='incremental', incremental_strategy='upsert', alias='bench_upsert_' ~ env_var('TIDEGATE_BENCH_BASE', 'whole')) }}
{%- set fields = {'pk_fields': ['l_orderkey', 'l_linenumber'], 'order_by': ['updated_at']} %}
{%- set records = 'select * from parquet.`' ~ env_var('TIDEGATE_BENCH_INCREMENT', '') ~ '`' %}

select *
from (
    {{ window_note({'dataset': 'bench', 'after': 1, 'upto': 2, 'fields': fields}) }}
    {{ upsert_rows(records, fields, this if is_incremental() else none) }}
)
