"""Run 0008_backfill.sql."""

from metastore_sync.migrate import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make room for the state of backfills."""
    run_sql("0008_backfill.sql")
