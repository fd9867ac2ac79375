"""Alembic's entry: run the numbered revisions on the connection that `migrate.migrate` opened."""

from alembic import context
from sqlalchemy import Connection


def run(connection: Connection) -> None:
    """Upgrade in one transaction: a migration that fails leaves the registry as it was."""
    context.configure(connection=connection, transaction_per_migration=False)
    with context.begin_transaction():
        # Two processes that start at once would both find the registry empty.
        connection.exec_driver_sql("select pg_advisory_xact_lock(7433001)")
        context.run_migrations()


run(context.config.attributes["connection"])
