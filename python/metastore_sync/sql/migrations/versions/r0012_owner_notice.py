"""Run 0012_owner_notice.sql."""

from metastore_sync.migrate import run_sql

revision = "0012"
down_revision = "0004"


def upgrade() -> None:
    """Remember which owners were told of their BLOCKED batch."""
    run_sql("0012_owner_notice.sql")
