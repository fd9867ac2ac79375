-- One row per customer that exists: slv_customers without the deleted.
{{ config(materialized='view') }}

select * except (is_deleted, tombstones, contenders)
from {{ ref('slv_customers') }}
where not is_deleted
