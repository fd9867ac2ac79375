"""Iceberg's catalog, where commits can be held back, so that runs meet for certain."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tidegate.stack import installation

SECONDS = 120
#: A commit is an update of the table's row here.
ROW = "select 1 from iceberg_tables where table_namespace = %s and table_name = %s for update"
WAITERS = """
select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ilike '%iceberg_tables%'
"""


class Catalog:
    """Iceberg's catalog, where commits to one table can be held back and counted."""

    def __init__(self) -> None:
        account = installation.describe(os.environ).lake
        self.address = f"postgresql://{account.address}"

    @contextmanager
    def held(self, schema: str, table: str) -> Iterator[None]:
        """Hold back every commit to a table; they go on in the order in which they came."""
        with psycopg.connect(self.address) as conn:
            assert conn.execute(ROW, [schema, table]).fetchall() == [(1,)]
            yield

    def wait(self, count: int, seconds: float = SECONDS) -> None:
        """Wait until so many commits are held back."""
        deadline = time.monotonic() + seconds
        with psycopg.connect(self.address, autocommit=True) as conn:
            while (found := conn.execute(WAITERS).fetchone()) != (count,):
                assert time.monotonic() < deadline, found
                time.sleep(0.1)
