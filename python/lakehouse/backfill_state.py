"""How far a backfill is: its rows in the registry, and the lock of the one process that drives it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from metastore_sync.errors import BrokenError, UsageError, VerdictError

#: The statements of `sql/backfill.sql`; a name or parameter that is not there fails at the call.
QUERIES: Any = aiosql.from_path(Path(__file__).parent / "sql" / "backfill.sql", "psycopg")

Connection = psycopg.Connection[DictRow]


class State(StrEnum):
    """STAGING, STAGED and PUBLISHED go on when the command is repeated; the others are over."""

    STAGING = "STAGING"
    STAGED = "STAGED"
    PUBLISHED = "PUBLISHED"
    DONE = "DONE"
    REFUSED = "REFUSED"
    ABANDONED = "ABANDONED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Event times from `start` until before `end`, UTC; both None: everything that bronze holds."""

    start: datetime | None = None
    end: datetime | None = None

    def __str__(self) -> str:
        """Return the options that name it."""
        if self.start is None or self.end is None:
            return "--all"
        return f"--from {_text(self.start)} --to {_text(self.end)}"


EVERYTHING = Window()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """
    One backfill as the registry holds it.

    Attributes:
        schema_version: The ACTIVE version its branches were made with; None before.
        message: Why it was refused; else empty.
    """

    id: int
    dataset: str
    state: State
    window: Window
    schema_version: int | None
    actor: str
    message: str

    @property
    def branch(self) -> str:
        """The branch of each of its tables."""
        return f"backfill_{self.id}"

    @property
    def command(self) -> str:
        """The command that goes on with it."""
        return f"tidegate backfill {self.dataset} {self.window}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedTable:
    """A table's branch: the snapshot of main it began at, the newest batch in there."""

    table_name: str
    base_snapshot: int
    upto: int
    is_published: bool = False


def window(start: str, end: str) -> Window:
    """
    Return the window of two texts in ISO 8601; without an offset they are UTC.

    >>> str(window("2026-11-20", "2026-11-21T12:00:00+01:00"))
    '--from 2026-11-20T00:00:00 --to 2026-11-21T11:00:00'

    Raises:
        UsageError: One is no date, or the end is not behind the start.
    """
    made = Window(start=_instant(start), end=_instant(end))
    if _instant(start) >= _instant(end):
        raise UsageError(
            f"the window is empty: it ends at {end}, and begins at {start}",
            not_done="Nothing was begun.",
            next_command="repeat it with an end behind the start; the end itself is left out",
        )
    return made


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is neither a date nor an instant in ISO 8601",
            not_done="Nothing was begun.",
            next_command="repeat it with a date such as 2026-11-20 or 2026-11-20T06:00:00Z",
        ) from error
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat()


@contextmanager
def alone(conn: Connection, dataset: str) -> Iterator[None]:
    """
    Keep other processes out of the dataset's backfill; the lock ends with this process, however that ends.

    Raises:
        BrokenError: Another process drives it.
    """
    if not QUERIES.try_lock(conn, name=dataset):
        raise BrokenError(
            f"{dataset}: another process drives its backfill",
            not_done="This one began nothing.",
            next_command=f"tidegate backfill {dataset} --list",
        )
    yield


def opened(conn: Connection, dataset: str) -> Backfill | None:
    """Return the dataset's backfill that is not over, if there is one."""
    row = QUERIES.open_of(conn, dataset=dataset)
    return _read(row) if row else None


def begin(conn: Connection, dataset: str, wanted: Window, actor: str) -> Backfill:
    """
    Return the open backfill of this very window, or a new one.

    Raises:
        VerdictError: The open one has another window.
    """
    found = opened(conn, dataset)
    if found is None:
        return _read(
            QUERIES.begin(conn, dataset=dataset, from_time=wanted.start, to_time=wanted.end, actor=actor)
        )
    if found.window != wanted:
        raise VerdictError(
            f"{dataset}: backfill {found.id} of {found.window} is not over: {found.state}",
            not_done="No other one was begun.",
            next_command=f"{found.command}, or tidegate backfill {dataset} --abandon",
        )
    return found


def again(conn: Connection, run: Backfill) -> Backfill:
    """Return the backfill as it is now."""
    return _read(QUERIES.by_id(conn, id=run.id))


def tables(conn: Connection, run: Backfill) -> list[StagedTable]:
    """Return the tables that have a branch, sorted by name."""
    return [StagedTable(**row) for row in QUERIES.tables(conn, id=run.id)]


def close(conn: Connection, run: Backfill, state: State, message: str = "") -> Backfill:
    """End the backfill, with a row in the audit log."""
    detail = {
        "backfill": run.id,
        "window": str(run.window),
        "schema_version": run.schema_version,
        "state": state.value,
        "tables": {table.table_name: table.upto for table in tables(conn, run)},
    }
    with conn.transaction():
        QUERIES.set_state(conn, id=run.id, state=state.value, message=message)
        QUERIES.audit(conn, dataset=run.dataset, actor=run.actor, action="backfill", detail=Jsonb(detail))
    return again(conn, run)


def _read(row: DictRow) -> Backfill:
    return Backfill(
        id=row["id"],
        dataset=row["dataset"],
        state=State(row["state"]),
        window=Window(start=row["from_time"], end=row["to_time"]),
        schema_version=row["schema_version"],
        actor=row["actor"],
        message=row["message"],
    )
