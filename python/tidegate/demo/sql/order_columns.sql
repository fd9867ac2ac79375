describe table silver.slv_orders
