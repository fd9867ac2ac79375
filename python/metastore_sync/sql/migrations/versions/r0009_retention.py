"""Run 0009_retention.sql."""

from metastore_sync.migrate import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make room for what retention removed."""
    run_sql("0009_retention.sql")
