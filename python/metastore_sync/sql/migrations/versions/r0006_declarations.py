"""Run 0006_declarations.sql."""

from metastore_sync.migrate import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make room for declared fields and whole answers."""
    run_sql("0006_declarations.sql")
