"""What the registry knows of each dataset, in a handful of statements for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosql

from metastore_sync import registry
from metastore_sync.registry import DatasetRow
from metastore_sync.settings import Settings
from schema_guard import accepted
from schema_guard.accepted import AcceptedGap
from schema_guard.chains import Cursor
from schema_guard.gaps import UnprovenObject
from tidegate.facts.model import Blocked, ReceiptFact, RegistryFact, StateChange

#: The statements of `facts.sql` as functions.
QUERIES: Any = aiosql.from_path(Path(__file__).parent / "facts.sql", "psycopg")

#: Statements that give at most one row per dataset.
_PER_DATASET = (
    "versions", "blocked", "admitted", "newest", "unproven", "receipts", "red", "changed", "rejections"
)  # fmt: skip
Row = Mapping[str, Any]
_NO_ROW: Row = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryView:
    """The registry's datasets, what it knows of each, and how far each was judged."""

    rows: tuple[DatasetRow, ...]
    facts: Mapping[str, RegistryFact]
    cursors: Mapping[str, list[Cursor]]
    unproven: Mapping[str, list[UnprovenObject]]


def read(settings: Settings) -> RegistryView:
    """
    Read the registry once.

    Raises:
        BrokenError: PostgreSQL is away.
    """
    with registry.connect(settings) as conn, conn.transaction():
        rows = tuple(registry.datasets(conn))
        found = {
            name: _by_dataset(getattr(QUERIES, name)(conn))
            for name in _PER_DATASET
        }
        cursors: dict[str, list[Cursor]] = defaultdict(list)
        for row in QUERIES.cursors(conn):
            cursors[row.pop("dataset")].append(Cursor(**row))
        unproven: dict[str, list[UnprovenObject]] = defaultdict(list)
        for row in accepted.QUERIES.unproven_objects(conn):
            unproven[row.pop("dataset")].append(UnprovenObject(**row))
        losses = accepted.by_dataset(accepted.QUERIES.accepted_everywhere(conn))
    names = [row.dataset.name for row in rows]
    facts = {
        name: _fact({query: by.get(name, _NO_ROW) for query, by in found.items()}, losses.get(name, ()))
        for name in names
    }
    return RegistryView(rows=rows, facts=facts, cursors=cursors, unproven=unproven)


def _by_dataset(rows: Iterable[Row]) -> dict[str, Row]:
    return {row["dataset"]: row for row in rows}


def _fact(found: Mapping[str, Row], losses: Sequence[AcceptedGap]) -> RegistryFact:
    admitted, newest, unproven = found["admitted"], found["newest"], found["unproven"]
    changed = {name: value for name, value in found["changed"].items() if name != "dataset"}
    return RegistryFact(
        active_version=found["versions"].get("active"),
        blocked=_blocked(found["blocked"]),
        batch_id=newest.get("batch_id"),
        admitted_at=admitted.get("admitted_at"),
        batches=admitted.get("batches", 0),
        records=admitted.get("records", 0),
        rejected=admitted.get("rejected", 0),
        rejected_open=found["rejections"].get("open", 0),
        newest_records=newest.get("record_count", 0),
        judged_at=newest.get("checked_at"),
        landed_at=newest.get("landed_at"),
        unproven_batches=unproven.get("batches", 0),
        unproven_records=unproven.get("records", 0),
        unproven_since=unproven.get("landed_at"),
        receipt=_receipt(found["receipts"], found["red"]),
        watermark=newest.get("watermark"),
        accepted=tuple(losses),
        changed=StateChange(**changed) if changed else None,
    )


def _blocked(row: Row) -> Blocked | None:
    if not row:
        return None
    return Blocked(
        batch_id=row["batch_id"],
        schema_version=row["schema_version"],
        record_count=row["record_count"],
        since=row["checked_at"],
        landed_at=row["landed_at"],
        findings=tuple(row["findings"]),
    )


def _receipt(newest: Row, red: Row) -> ReceiptFact:
    mismatches = red.get("mismatches") or [""]
    return ReceiptFact(
        batch_id=newest.get("batch_id"),
        is_green=newest.get("is_green", True),
        created_at=newest.get("created_at"),
        red_batch=red.get("batch_id"),
        mismatch=_told(mismatches[0]),
    )


def _told(mismatch: Any) -> str:
    return str(mismatch["fact"]) if isinstance(mismatch, dict) else str(mismatch)
