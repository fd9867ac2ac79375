"""The registry's schema: numbered SQL files, run once each and in order by Alembic."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
from alembic import command, op
from alembic.config import Config
from alembic.util import CommandError
from psycopg.rows import DictRow, dict_row
from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.exc import DBAPIError

from metastore_sync.errors import BrokenError, UsageError

#: Alembic keeps what it works on in module variables: one migration per process at a time.
_ONE_AT_A_TIME = threading.Lock()
FOLDER = Path(__file__).parent / "sql" / "migrations"
#: What a registry consists of; nothing else of the database is touched.
_AWAY = (
    "drop schema if exists registry cascade",
    "drop schema if exists admitted cascade",
    "drop table if exists public.alembic_version",
)


def newest_version() -> str:
    """Return the number of the newest migration this program knows, `0001` and so on."""
    return max(path.name[:4] for path in FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def migrate(dsn: str) -> None:
    """
    Bring the registry to the newest version; a registry that is there already stays as it is.

    Args:
        dsn: libpq address (URL or `key=value` form) of the registry database.

    Raises:
        BrokenError: PostgreSQL is away or refused a statement; nothing was changed.
        UsageError: The registry was written by a newer program.
    """
    with _told(f"the migration to version {newest_version()}"), _connected(dsn) as connection:
        upgrade(connection)


@contextmanager
def alone(dsn: str, what: str) -> Iterator[Connection]:
    """
    Yield one transaction in which nobody else migrates; an error inside leaves the registry as it was.

    Args:
        dsn: As `migrate`.
        what: What is done in it, as an error says that PostgreSQL refused it.

    Raises:
        BrokenError, UsageError: As `migrate`.
    """
    with _told(what), _connected(dsn) as connection, connection.begin():
        connection.exec_driver_sql("select pg_advisory_xact_lock(7433001)")
        yield connection


def take_away(connection: Connection) -> None:
    """Drop all that a registry consists of, inside the caller's transaction."""
    for statement in _AWAY:
        connection.exec_driver_sql(statement)


@contextmanager
def driver(connection: Connection) -> Iterator[psycopg.Connection[DictRow]]:
    """Yield the driver's own connection, with dict rows, in the same transaction."""
    raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    before, raw.row_factory = raw.row_factory, dict_row
    try:
        yield raw
    finally:
        raw.row_factory = before


def upgrade(connection: Connection, version: str = "head") -> None:
    """Bring the registry of a connection to a version, inside the caller's transaction if there is one."""
    config = Config()
    # Alembic interpolates percent signs in option values.
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _ONE_AT_A_TIME:
        command.upgrade(config, version)


@contextmanager
def _connected(dsn: str) -> Iterator[Connection]:
    engine = create_engine(
        "postgresql+psycopg://",
        # libpq reads its own address: every form, service file and password file keeps working.
        creator=lambda: psycopg.connect(dsn, connect_timeout=5, application_name="tidegate"),
        poolclass=pool.NullPool,
    )
    with engine.connect() as connection:
        yield connection


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn the errors of Alembic and the driver into ones a person can act on."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        cause = getattr(error, "orig", None) or error
        raise BrokenError(
            f"registry: PostgreSQL refused {what}",
            where=str(cause).strip(),
            not_done="The registry was not changed.",
            next_command="tidegate doctor",
        ) from error
    except CommandError as error:
        raise UsageError(
            f"registry: its version is not known here, where {newest_version()} is the newest",
            where=str(error),
            not_done="The registry was not changed.",
            next_command="install the release that wrote this registry, or a newer one",
        ) from error


def run_sql(name: str) -> None:
    """Run one file of `sql/migrations` as it stands; called by the revision of the same number."""
    statements = (FOLDER / name).read_text(encoding="utf-8")
    # Without parameters, colons and percent signs mean themselves and statements may be many.
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})


def check_version(conn: psycopg.Connection[dict[str, object]]) -> None:
    """
    Refuse a registry whose version this program was not written for.

    Raises:
        BrokenError: The registry is empty, older or newer.
    """
    known = newest_version()
    try:
        row = conn.execute("select version_num from public.alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    found = str(row["version_num"]) if row else "none"
    if found != known:
        raise BrokenError(
            f"registry: version {found}, this program needs {known}",
            not_done="Nothing was read or written.",
            next_command="tidegate up",
        )
