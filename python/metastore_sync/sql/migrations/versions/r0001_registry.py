"""Run 0001_registry.sql."""

from metastore_sync.migrate import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the registry and the views Spark may read."""
    run_sql("0001_registry.sql")
