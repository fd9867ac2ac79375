select
    flight_date,
    flight_count,
    cancelled_count,
    departure_delay_minutes,
    generated_at
from gold.agg_flights_daily
order by flight_date
limit 5
