"""Observed to verdict: reads what landed, compares it with the registry, admits it or blocks it."""
