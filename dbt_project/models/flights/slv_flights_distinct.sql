-- One row per departure event: slv_flights without the repeats.
{{ config(materialized='view') }}

select * except (is_duplicate)
from {{ ref('slv_flights') }}
where not is_duplicate
