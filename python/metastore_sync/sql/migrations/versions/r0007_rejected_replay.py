"""Run 0007_rejected_replay.sql."""

from metastore_sync.migrate import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make room for replays of rejected records, and for dead letters."""
    run_sql("0007_rejected_replay.sql")
