"""Run 0009_field_presence.sql."""

from metastore_sync.migrate import run_sql

revision = "0009"
down_revision = "0002"


def upgrade() -> None:
    """Make room for the presence of fields."""
    run_sql("0009_field_presence.sql")
