"""Rejected records: found, judged again as a replay batch, and taken from the dead letter topic."""
