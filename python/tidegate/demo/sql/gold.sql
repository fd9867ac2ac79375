select
    (select sum(order_count) from gold.agg_orders_daily) as orders,
    (select sum(flight_count) from gold.agg_flights_daily) as flights
