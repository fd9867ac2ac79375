"""Losses that a person accepted: which range, who, why; and where they stand in a chain of manifests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from psycopg.rows import DictRow

from schema_guard.manifests import Manifest

#: The statements of `sql/landing.sql` as functions.
QUERIES: Any = aiosql.from_path(Path(__file__).parent / "sql" / "landing.sql", "psycopg")

Connection = psycopg.Connection[DictRow]


class GapKind(StrEnum):
    """How records can be missing from the raw zone."""

    #: Kafka removed them before they were landed.
    RETENTION_LOSS = "RETENTION_LOSS"
    #: They were landed; the object is gone or damaged, its manifest is there.
    MISSING_OBJECT = "MISSING_OBJECT"
    #: They were landed; the manifest is gone, later ones are there.
    MISSING_MANIFEST = "MISSING_MANIFEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedGap:
    """
    One accepted loss; both offsets are included.

    Attributes:
        data_key: The lost object, where there was one; `batch_id` is the batch it had been judged in.
        record_count: Records of that batch that are lost; `rejected_count` of them had been rejected.
        content_hash: Their part of the batch's content hash.
    """

    topic_id: str
    partition: int
    kind: GapKind
    first_offset: int
    last_offset: int
    data_key: str | None
    batch_id: int | None
    record_count: int
    rejected_count: int
    content_hash: int
    actor: str
    why: str
    at: datetime

    def is_hole_before(self, manifest: Manifest, expected: int) -> bool:
        """Return whether this is the hole between `expected` and a manifest."""
        wanted = (expected, manifest.expected_offset - 1)
        return self._is(GapKind.MISSING_MANIFEST, manifest, wanted)

    def is_object_of(self, manifest: Manifest) -> bool:
        """Return whether this is the object that a manifest names."""
        return self.kind is GapKind.MISSING_OBJECT and self.data_key == manifest.data_key

    def is_loss_of(self, manifest: Manifest) -> bool:
        """Return whether these are the records that a manifest's writer may have missed."""
        return self._is(GapKind.RETENTION_LOSS, manifest, manifest.lost_range)

    def _is(self, kind: GapKind, manifest: Manifest, wanted: tuple[int, int]) -> bool:
        place = (self.kind, self.topic_id, self.partition, (self.first_offset, self.last_offset))
        return place == (kind, manifest.topic_id, manifest.partition, wanted)

    def to_json(self) -> dict[str, Any]:
        """Return the loss as plain JSON values."""
        return {**asdict(self), "kind": self.kind.value, "at": self.at.isoformat()}


def of(conn: Connection, dataset: str) -> list[AcceptedGap]:
    """Return every accepted loss of a dataset, oldest first."""
    return [from_row(row) for row in QUERIES.accepted(conn, dataset=dataset)]


def by_dataset(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[AcceptedGap]]:
    """Return the rows of `accepted_everywhere` as losses per dataset."""
    found: dict[str, list[AcceptedGap]] = {}
    for row in rows:
        known = dict(row)
        found.setdefault(known.pop("dataset"), []).append(from_row(known))
    return found


def from_row(row: Mapping[str, Any]) -> AcceptedGap:
    """Return the loss of a registry row."""
    whole = {name: int(row[name]) for name in ("content_hash", "record_count", "rejected_count")}
    return AcceptedGap(**{**row, **whole, "kind": GapKind(row["kind"])})
