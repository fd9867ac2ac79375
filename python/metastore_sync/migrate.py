"""The registry's schema: numbered SQL files, run once each and in order by Alembic."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
from alembic import command, op
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import create_engine, pool
from sqlalchemy.exc import DBAPIError

from metastore_sync.errors import BrokenError, UsageError

#: Alembic keeps what it works on in module variables: one migration per process at a time.
_ONE_AT_A_TIME = threading.Lock()
FOLDER = Path(__file__).parent / "sql" / "migrations"


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
    engine = create_engine(
        "postgresql+psycopg://",
        # libpq reads its own address: every form, service file and password file keeps working.
        creator=lambda: psycopg.connect(dsn, connect_timeout=5, application_name="tidegate"),
        poolclass=pool.NullPool,
    )
    config = Config()
    # Alembic interpolates percent signs in option values.
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    try:
        with _ONE_AT_A_TIME, engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except (DBAPIError, psycopg.Error) as error:
        cause = getattr(error, "orig", None) or error
        raise BrokenError(
            f"registry: PostgreSQL refused the migration to version {newest_version()}",
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
