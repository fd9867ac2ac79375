"""The database of a captured table, asked with its connector's role: is it ready, how is its slot?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row

from metastore_sync.errors import BrokenError
from metastore_sync.model import Cdc, Dataset
from metastore_sync.render_cdc import slot_name
from metastore_sync.settings import Settings, stack_environment

QUERIES: Any = aiosql.from_path(Path(__file__).parent / "sql" / "source.sql", "psycopg")
#: Part of the address → libpq's name for it.
PARTS = {"host": "host", "port": "port", "database": "dbname", "user": "user", "password": "password"}
_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """
    A replication slot as its server tells of it.

    Attributes:
        is_active: Whether a connector reads it now.
        wal_status: reserved, extended, unreserved (will be lost at the next checkpoint) or lost.
        retained_bytes: Log that the server keeps for it.
        safe_bytes: Log that may still be written until the slot is lost; None: there is no limit.
        behind_bytes: Log written since the last change that the connector confirmed.
    """

    name: str
    is_active: bool
    wal_status: str
    retained_bytes: int
    safe_bytes: int | None
    behind_bytes: int


@contextmanager
def connect(settings: Settings, dataset: Dataset, cdc: Cdc) -> Iterator[psycopg.Connection[DictRow]]:
    """
    Open the captured table's database, in autocommit.

    Raises:
        BrokenError: A variable of its address is not set, or the server is away or refuses.
    """
    known = {**stack_environment(settings.home), **os.environ}
    missing = [name for part in PARTS if not known.get(name := cdc.variable(part))]
    if missing:
        raise _unreachable(dataset, f"not set: {', '.join(missing)}", f"export {missing[0]}=…")
    address = {word: known[cdc.variable(part)] for part, word in PARTS.items()}
    dsn = make_conninfo(connect_timeout=_SECONDS, **address)
    try:
        with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as conn:
            yield conn
    except psycopg.Error as error:
        place = f"{address['host']}:{address['port']}/{address['dbname']}"
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise _unreachable(dataset, f"{place}: {said[0]}", "tidegate doctor") from error


def problems(settings: Settings, dataset: Dataset) -> list[tuple[str, str]]:
    """Return why the table cannot be captured without loss, each with what to type; none without `cdc`."""
    cdc = dataset.cdc
    if cdc is None:
        return []
    schema, _, relation = cdc.table.partition(".")
    name = slot_name(dataset.name)
    try:
        with connect(settings, dataset, cdc) as conn:
            found = QUERIES.source_table(conn, name=name, schema=schema, relation=relation)
            held = slot(conn, name)
    except BrokenError as error:
        return [(f"{error.fact}: {error.where}", error.next_command)]
    if found is None:
        again = f"create it, or correct cdc.table, then: tidegate plan {dataset.name}"
        return [(f"table {cdc.table} does not exist in {cdc.connection}", again)]
    return list(_wrong(dataset, cdc, found, held))


def slot(conn: psycopg.Connection[DictRow], name: str) -> Slot | None:
    """Return the slot; none before the connector's first start, and after `drop`."""
    row = QUERIES.source_slot(conn, name=name)
    return Slot(name=name, **row) if row else None


def waits_for(settings: Settings, dataset: Dataset) -> list[str]:
    """
    Return the open transactions that keep a new slot from beginning, one line each.

    Raises:
        BrokenError: The database is away.
    """
    if dataset.cdc is None:
        return []
    with connect(settings, dataset, dataset.cdc) as conn:
        rows = list(QUERIES.slot_waits_for(conn, name=slot_name(dataset.name)))
    return [
        f"its new slot waits for the open transaction of process {row['pid']}"
        f" ({row['usename']} in database {row['datname']})"
        for row in rows
    ]


def drop(settings: Settings, dataset: Dataset) -> list[str]:
    """
    Drop slot and publication, so that the server keeps no log any more; return what was dropped.

    Raises:
        BrokenError: The database is away, or a connector still reads the slot.
    """
    if dataset.cdc is None:
        return []
    name = slot_name(dataset.name)
    with connect(settings, dataset, dataset.cdc) as conn:
        dropped = [f"replication slot {name}"] if QUERIES.drop_slot(conn, name=name) else []
        if conn.execute("select from pg_publication where pubname = %s", [name]).fetchone() is not None:
            conn.execute(sql.SQL("drop publication {}").format(sql.Identifier(name)))
            dropped.append(f"publication {name}")
    return dropped


def _wrong(
    dataset: Dataset, cdc: Cdc, found: Mapping[str, Any], held: Slot | None
) -> Iterator[tuple[str, str]]:
    table, name = cdc.table, slot_name(dataset.name)
    role, again = found["role_name"], f"then: tidegate plan {dataset.name}"
    if found["wal_level"] != "logical":
        yield (
            f"{cdc.connection}: wal_level is {found['wal_level']}, logical is needed",
            ("alter system set wal_level = logical;  and restart PostgreSQL"),
        )
    if not found["may_replicate"]:
        yield f"role {role} may not replicate", f"alter role {role} replication;  {again}"
    if not found["may_read"]:
        yield f"role {role} may not read {table}", f"grant select on {table} to {role};  {again}"
    if sorted(found["key"]) != sorted(dataset.pk_fields):
        key, ours = ", ".join(found["key"]) or "none", ", ".join(dataset.pk_fields)
        yield f"{table} has the primary key {key}, pk_fields are {ours}", f"correct pk_fields, {again}"
    if found["logs_no_key"] or (found["may_hold_large_values"] and not found["logs_whole_rows"]):
        # Without it an update does not carry the large values that it left as they were.
        yield (
            f"{table} may hold values too large for its log entries, which updates would leave out",
            (f"alter table {table} replica identity full;  {again}"),
        )
    if not found["is_published"] and not found["may_publish"]:
        yield (
            f"role {role} does not own {table} and cannot publish it",
            (f"as its owner: create publication {name} for table {table};  {again}"),
        )
    if found["is_published"] and not found["is_in_publication"]:
        yield (
            f"publication {name} leaves {table} out",
            f"alter publication {name} add table {table};  {again}",
        )
    if held and held.wal_status == "lost":
        yield f"replication slot {name} is lost: changes are missing for good", "docs/cdc.md, A lost slot"


def _unreachable(dataset: Dataset, where: str, next_command: str) -> BrokenError:
    return BrokenError(
        f"{dataset.name}: the database of its table cannot be asked",
        where=where,
        not_done="Nothing was changed there.",
        next_command=next_command,
    )
