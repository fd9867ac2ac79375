"""Run 0005_owner_notice.sql."""

from metastore_sync.migrate import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Remember which owners were told of their BLOCKED batch."""
    run_sql("0005_owner_notice.sql")
