"""Admitted to built, proven and kept: dbt builds, receipts and the tables behind them."""
