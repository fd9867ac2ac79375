"""How fast landed records become tables, and whether that stays so; see bench/README.md."""
