"""Run 0010_rule_rejects.sql."""

from metastore_sync.migrate import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make room for records that a rule keeps out of silver, and for their replays."""
    run_sql("0010_rule_rejects.sql")
