"""
Removes landed objects and rejected payloads that nobody needs any more.

An object may go when everything that was judged of it is proven to be in silver and a later object of its
partition was judged; its manifest stays. The removal is recorded before it happens: what a process that died
left over goes the next time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any

import aiosql

from metastore_sync import lease
from metastore_sync import registry as declarations
from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import removed
from schema_guard.edges.registry import Connection
from schema_guard.edges.s3 import Store

#: The statements of `sql/retention.sql` as functions.
QUERIES: Any = aiosql.from_path(Path(__file__).parent / "sql" / "retention.sql", "psycopg")
ACTOR = "maintain"
#: How long a removal waits for a check or a decision of the dataset.
WAIT_SECONDS = 30.0

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What was removed, or would be: landed objects with their stored bytes, payloads of rejected records."""

    objects: int = 0
    bytes: int = 0
    payloads: int = 0


def proven_upto(conn: Connection, name: str) -> int:
    """Return the newest batch before which all are proven to be in silver, itself included; 0 for none."""
    return int(QUERIES.proven_upto(conn, dataset=name))


def remove_raw(
    settings: Settings, conn: Connection, dataset: Dataset, before: datetime, *, dry_run: bool = False
) -> Removal:
    """
    Remove the proven objects that landed before a moment, oldest first, up to the first that has to stay.

    Raises:
        LeaseLostError: Somebody works on the dataset; nothing was removed.
        BrokenError: The store is away; what was recorded is removed the next time.
    """
    store, name = Store(settings), dataset.name
    if dry_run:
        return _sizes(store, _removable(conn, name, before))
    with lease.hold(conn, name, lease.this_holder("maintain"), wait_seconds=WAIT_SECONDS) as token:
        with conn.transaction():
            lease.lock(conn, name, token)
            chosen = _removable(conn, name, before)
            QUERIES.mark_removed(conn, dataset=name, data_keys=[row["data_key"] for row in chosen])
        rows = list(QUERIES.unfinished(conn, dataset=name))
        if not rows:
            return Removal()
        done = _sizes(store, rows)
        for key, document in _documents(store, dataset.kafka_topic, rows).items():
            store.put_document(key, document)
        store.remove([row["data_key"] for row in rows])
        with conn.transaction():
            lease.lock(conn, name, token)
            declarations.audit(
                conn, name, actor=ACTOR, action="remove_raw", why=f"landed before {before:%Y-%m-%d %H:%M}Z",
                objects=done.objects, bytes=done.bytes,
            )  # fmt: skip
    return done


def remove_payloads(conn: Connection, name: str, before: datetime, *, dry_run: bool = False) -> Removal:
    """Forget the payloads of proven batches' records that were rejected before a moment; the records stay."""
    if dry_run:
        return Removal(payloads=int(QUERIES.aged_payloads(conn, dataset=name, before=before)))
    with conn.transaction():
        count = int(QUERIES.remove_payloads(conn, dataset=name, before=before))
        if count:
            why = f"rejected before {before:%Y-%m-%d %H:%M}Z"
            declarations.audit(conn, name, actor=ACTOR, action="remove_payloads", why=why, payloads=count)
    return Removal(payloads=count)


def _removable(conn: Connection, name: str, before: datetime) -> list[Row]:
    """Return what may go of each chain up to the first object that may not; what was lost is passed over."""
    rows = QUERIES.aged(conn, dataset=name, before=before)
    return [
        row
        for _, chain in groupby(rows, key=_lane)
        for row in takewhile(lambda one: one["may_go"] or one["is_lost"], chain)
        if not row["is_lost"]
    ]


def _lane(row: Row) -> tuple[str, int]:
    return row["topic_id"], row["partition"]


def _documents(store: Store, topic: str, rows: Iterable[Row]) -> dict[str, dict[str, Any]]:
    """Return, per partition, the key and the new document of how far its objects are gone."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    found: dict[str, dict[str, Any]] = {}
    for (topic_id, partition), chain in groupby(sorted(rows, key=_lane), key=_lane):
        known = removed.before(store.document_or_none, topic, topic_id, partition)
        upto = max(known, *(row["last_offset"] + 1 for row in chain))
        found[removed.key_of(topic, topic_id, partition)] = removed.document(upto, at=now, actor=ACTOR)
    return found


def _sizes(store: Store, rows: Iterable[Row]) -> Removal:
    # Day, topic id and partition: what one listing covers.
    keys = sorted({row["data_key"] for row in rows})
    sizes: list[int] = []
    for prefix, group in groupby(keys, key=lambda key: key.rsplit("+", 2)[0]):
        members = list(group)
        held = store.stats(prefix, members[0][:-1], members[-1])
        sizes += [held[key].size for key in members if key in held]
    return Removal(objects=len(sizes), bytes=sum(sizes))
