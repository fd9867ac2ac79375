"""The roles and databases that the stack keeps in PostgreSQL."""

from __future__ import annotations

import psycopg
from psycopg import sql

from metastore_sync.errors import BrokenError
from tidegate.stack.installation import Account, Installation


def ensure(stack: Installation) -> None:
    """
    Make the roles and databases that are missing, and set the roles' passwords.

    Raises:
        BrokenError: The server refuses.
    """
    registry = stack.account("tidegate", "tidegate", stack.secrets.registry)
    owners = [stack.lake, stack.airflow]
    if "postgres" not in stack.external:
        owners = [registry, *owners, stack.shop]
    try:
        with psycopg.connect(stack.admin_dsn, autocommit=True, connect_timeout=10) as connection:
            for account in (*owners, stack.spark):
                _role(connection, account)
            for account in owners:
                _database(connection, account)
            # Nothing Spark sends can change the registry, whatever is granted by mistake one day.
            connection.execute("alter role tidegate_spark set default_transaction_read_only = on")
            if stack.shop in owners:
                connection.execute("alter role shop replication")
    except psycopg.Error as error:
        raise BrokenError(
            "PostgreSQL refused to make the stack's roles and databases",
            where=str(error).strip(),
            not_done="No part that needs them was started.",
            next_command="tidegate doctor",
        ) from error


def _role(connection: psycopg.Connection, account: Account) -> None:
    name, password = sql.Identifier(account.user), sql.Literal(account.password)
    query = "select from pg_roles where rolname = %s"
    known = connection.execute(query, [account.user]).fetchone()
    verb = sql.SQL("create role" if known is None else "alter role")
    connection.execute(sql.SQL("{} {} login password {}").format(verb, name, password))


def _database(connection: psycopg.Connection, account: Account) -> None:
    query = "select from pg_database where datname = %s"
    if connection.execute(query, [account.database]).fetchone() is None:
        statement = sql.SQL("create database {} owner {}")
        names = sql.Identifier(account.database), sql.Identifier(account.user)
        connection.execute(statement.format(*names))
