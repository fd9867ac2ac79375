"""Declared to running: datasets, the registry that holds them, the connectors that land them."""
