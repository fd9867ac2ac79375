"""Run 0002_connector.sql."""

from metastore_sync.migrate import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Remember what connectors were told and seen to do; list the fields of ACTIVE schemas."""
    run_sql("0002_connector.sql")
