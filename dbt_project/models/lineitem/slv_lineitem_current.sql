-- One row per (l_orderkey, l_linenumber) that exists: slv_lineitem without the deleted.
{{ config(materialized='view') }}

select * except (is_deleted, tombstones, contenders)
from {{ ref('slv_lineitem') }}
where not is_deleted
