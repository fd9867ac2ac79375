"""Run 0002_field_presence.sql."""

from metastore_sync.migrate import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make room for the presence of fields."""
    run_sql("0002_field_presence.sql")
