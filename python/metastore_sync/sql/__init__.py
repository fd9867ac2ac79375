"""SQL of the registry, as files."""
