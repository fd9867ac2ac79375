select 'bronze.brz_orders' as table_name, count(*) as row_count from bronze.brz_orders
union all
select 'bronze.brz_flights', count(*) from bronze.brz_flights
union all
select 'silver.slv_orders', count(*) from silver.slv_orders
union all
select 'silver.slv_flights', count(*) from silver.slv_flights
union all
select 'gold.agg_orders_daily', count(*) from gold.agg_orders_daily
union all
select 'gold.agg_flights_daily', count(*) from gold.agg_flights_daily
union all
select 'gold.agg_demand_monthly', count(*) from gold.agg_demand_monthly
