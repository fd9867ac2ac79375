select
    count_if(not is_duplicate) as events,
    count_if(is_duplicate) as repeats
from silver.slv_flights
