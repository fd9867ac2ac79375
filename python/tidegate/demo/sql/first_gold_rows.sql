select *
from gold.agg_flights_daily
order by flight_date
limit 5
