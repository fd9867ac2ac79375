-- One row per scheduled day of departure, in UTC.
{{ config(materialized='incremental', incremental_strategy='touched_days') }}

with flights as (
    select
        flight_date,
        dep_time is null as is_cancelled,
        cast(dep_delay as double) as departure_delay,
        cast(arr_delay as double) as arrival_delay,
        ingested_at
    from {{ touched_days(ref('slv_flights'), 'flight_date', 'cast(event_time as date)') }}
)

select
    flight_date,
    count(*) as flight_count,
    count_if(is_cancelled) as cancelled_count,
    count(departure_delay) as departed_count,
    count(arrival_delay) as arrived_count,
    cast(sum(departure_delay) as double) as departure_delay_minutes,
    cast(sum(arrival_delay) as double) as arrival_delay_minutes,
    max(ingested_at) as processed_at,
    current_timestamp() as generated_at
from flights
group by flight_date
