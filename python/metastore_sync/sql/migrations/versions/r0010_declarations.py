"""Run 0010_declarations.sql."""

from metastore_sync.migrate import run_sql

revision = "0010"
down_revision = "0004"


def upgrade() -> None:
    """Make room for declared fields and whole answers."""
    run_sql("0010_declarations.sql")
