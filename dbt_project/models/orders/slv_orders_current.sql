-- One row per order that exists: slv_orders without the deleted.
{{ config(materialized='view') }}

select * except (is_deleted, tombstones, contenders)
from {{ ref('slv_orders') }}
where not is_deleted
