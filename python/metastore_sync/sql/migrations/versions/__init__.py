"""One revision per numbered SQL file."""
