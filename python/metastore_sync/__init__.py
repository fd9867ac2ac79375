"""Declared to running: datasets, the registry that holds them, and the connectors that land them."""
