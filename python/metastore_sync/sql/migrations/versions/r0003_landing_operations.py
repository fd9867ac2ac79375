"""Run 0003_landing_operations.sql."""

from metastore_sync.migrate import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Hold the losses that a person accepted."""
    run_sql("0003_landing_operations.sql")
