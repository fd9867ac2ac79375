"""How fast operations of one increment on a large table are, beside delta-rs and DuckDB."""
