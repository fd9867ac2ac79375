"""What the guard reads from the registry, as values; what it writes is in `admission.py` and `decide.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import psycopg
import stamina
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from metastore_sync.errors import BrokenError
from schema_guard.chains import Cursor
from schema_guard.core import presence
from schema_guard.core.presence import Ledger
from schema_guard.core.schema import Schema
from schema_guard.sql import QUERIES

Connection: TypeAlias = psycopg.Connection[DictRow]
FindingDocument: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A schema version; `base` is the version it was compared with, None for the first."""

    number: int
    status: str
    fingerprint: str
    schema: Schema
    base: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """A judged batch; findings are documents per docs/contracts/findings.schema.json."""

    batch_id: int
    status: str
    schema_version: int
    version_status: str
    base_version: int | None
    verdict: str
    findings: tuple[FindingDocument, ...]
    record_count: int
    rejected_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedObject:
    """One object of a batch; `expected_offset` is its place in the chain of manifests."""

    data_key: str
    topic_id: str
    generation: int
    partition: int
    first_offset: int
    last_offset: int
    record_count: int
    landed_at: datetime
    expected_offset: int


def asking_again() -> Iterable[stamina.Attempt]:
    """Return the attempts to reach a registry that went away in a commit: its outcome is in there."""
    return stamina.retry_context(on=BrokenError, attempts=10, timeout=20.0)


def cursors(conn: Connection, dataset: str) -> list[Cursor]:
    """Return how far each partition has been judged."""
    return [Cursor(**row) for row in QUERIES.cursors(conn, dataset=dataset)]


def active_version(conn: Connection, dataset: str) -> Version | None:
    """Return the ACTIVE version; None before the first batch."""
    return _version(QUERIES.active_version(conn, dataset=dataset))


def version(conn: Connection, dataset: str, number: int) -> Version | None:
    """Return one version by its number."""
    return _version(QUERIES.version(conn, dataset=dataset, version=number))


def version_of(conn: Connection, dataset: str, schema: Schema) -> Version | None:
    """Return the version that holds exactly this schema."""
    fingerprint = schema.fingerprint
    return _version(QUERIES.version_of_fingerprint(conn, dataset=dataset, fingerprint=fingerprint))


def blocked_batch(conn: Connection, dataset: str) -> BatchRow | None:
    """Return the batch that waits for a decision."""
    return _batch(QUERIES.blocked_batch(conn, dataset=dataset))


def batch(conn: Connection, dataset: str, batch_id: int) -> BatchRow | None:
    """Return one batch by its number."""
    return _batch(QUERIES.batch(conn, dataset=dataset, batch_id=batch_id))


def content_hash(conn: Connection, dataset: str, batch_id: int) -> int:
    """Return the content hash of a batch (docs/contracts/content-hash.md)."""
    return int(QUERIES.content_hash(conn, dataset=dataset, batch_id=batch_id))


def objects(conn: Connection, dataset: str, batch_id: int) -> list[AdmittedObject]:
    """Return a batch's objects, in the order of their chains."""
    rows = QUERIES.batch_objects(conn, dataset=dataset, batch_id=batch_id)
    return [AdmittedObject(**row) for row in rows]


def object_of(conn: Connection, dataset: str, batch_id: int, position: Mapping[str, Any]) -> str | None:
    """Return the key of the landed object that holds the record at a position."""
    row = QUERIES.object_at(conn, dataset=dataset, batch_id=batch_id, **position)
    return str(row["data_key"]) if row else None


def ledger(conn: Connection, dataset: str) -> Ledger:
    """Return how often each field was there, in the batches admitted so far."""
    row = QUERIES.field_presence(conn, dataset=dataset)
    return presence.from_document(row["ledger"]) if row else {}


def put_ledger(conn: Connection, dataset: str, known: Ledger) -> None:
    """Keep presence with an admitted batch counted in; what waited for a decision is settled."""
    QUERIES.put_presence(conn, dataset=dataset, ledger=Jsonb(presence.to_document(known)))


def put_pending_ledger(conn: Connection, dataset: str, pending: Ledger) -> None:
    """Keep what presence will be when a BLOCKED batch is admitted."""
    QUERIES.put_pending_presence(conn, dataset=dataset, pending=Jsonb(presence.to_document(pending)))


def pending_ledger(conn: Connection, dataset: str) -> Ledger:
    """Return presence with the BLOCKED batch counted in."""
    row = QUERIES.field_presence(conn, dataset=dataset)
    return presence.from_document(row["pending"]) if row and row["pending"] is not None else {}


def declared_fields(conn: Connection, dataset: str, change: str) -> frozenset[str]:
    """Return the fields that were declared `dropped` or `renamed`, as JSON pointers."""
    rows = QUERIES.declared_fields(conn, dataset=dataset, change=change)
    return frozenset(row["pointer"] for row in rows)


def _version(row: Mapping[str, Any] | None) -> Version | None:
    if row is None:
        return None
    return Version(
        number=row["version"],
        status=row["status"],
        fingerprint=row["fingerprint"],
        schema=Schema.from_document(row["schema"]),
        base=row["base_version"],
    )


def _batch(row: Mapping[str, Any] | None) -> BatchRow | None:
    return BatchRow(**{**row, "findings": tuple(row["findings"])}) if row else None
