"""How fast, and in how much memory, the guard infers a schema; see bench/README.md."""
