"""Run 0004_field_presence.sql."""

from metastore_sync.migrate import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make room for the presence of fields."""
    run_sql("0004_field_presence.sql")
