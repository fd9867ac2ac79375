"""How fast, and in how much memory, the sink drains a prepared topic; see bench/README.md."""
