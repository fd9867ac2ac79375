-- One row per calendar month, 1 to 12, over all years: the shop's demand beside the airports'.
{{ config(materialized='table') }}

with orders as (
    select
        month(order_date) as calendar_month,
        sum(order_count) as order_count,
        cast(sum(revenue) as decimal(28, 2)) as revenue,
        max(processed_at) as processed_at
    from {{ ref('agg_orders_daily') }}
    group by month(order_date)
),

flights as (
    select
        month(flight_date) as calendar_month,
        sum(flight_count) as flight_count,
        sum(departure_delay_minutes) / sum(departed_count) as mean_departure_delay,
        max(processed_at) as processed_at
    from {{ ref('agg_flights_daily') }}
    group by month(flight_date)
)

select
    coalesce(orders.calendar_month, flights.calendar_month) as calendar_month,
    coalesce(orders.order_count, 0) as order_count,
    cast(coalesce(orders.revenue, 0) as decimal(28, 2)) as revenue,
    coalesce(flights.flight_count, 0) as flight_count,
    flights.mean_departure_delay,
    greatest(orders.processed_at, flights.processed_at) as processed_at,
    current_timestamp() as generated_at
from orders
full outer join flights on orders.calendar_month = flights.calendar_month
where coalesce(orders.calendar_month, flights.calendar_month) is not null
