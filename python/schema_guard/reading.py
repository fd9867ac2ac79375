"""What a scan reads, by which rules, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from metastore_sync.model import Dataset, Mode
from schema_guard.core.infer import Inference
from schema_guard.core.json_schema import Declared
from schema_guard.core.schema import Schema
from schema_guard.manifests import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRange:
    """
    The part of one landed object that belongs to a batch; both offsets are included.

    Attributes:
        record_count: Records of the object that lie in the range.
        bytes: Stored size of the whole object; `sha256` and `is_gzip` are of the stored bytes too.
        contiguous_read: Whether its writer vouches for the offsets without a record; the gate judges the
            others as a gap.
    """

    data_key: str
    topic_id: str
    generation: int
    partition: int
    first_offset: int
    last_offset: int
    record_count: int
    bytes: int
    sha256: str
    is_gzip: bool
    landed_at: datetime
    contiguous_read: bool


def source_of(manifest: Manifest, generation: int) -> ObjectRange:
    """Return the whole range of the object that a manifest names."""
    return ObjectRange(
        data_key=manifest.data_key,
        topic_id=manifest.topic_id,
        generation=generation,
        partition=manifest.partition,
        first_offset=manifest.first_offset,
        last_offset=manifest.last_offset,
        record_count=manifest.record_count,
        bytes=manifest.bytes,
        sha256=manifest.sha256,
        is_gzip=manifest.is_gzip,
        landed_at=manifest.landed_at,
        contiguous_read=manifest.contiguous_read,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    By which rules records are read: what a scanning process needs to know of a dataset.

    Attributes:
        fit: Records that do not fit this schema are rejected; None accepts every shape.
        contract: Records that break it are rejected; None accepts every record.
        is_captured: Records are changes of a table, and one that leaves a value out is rejected.
    """

    dataset: str
    mode: Mode
    pk_fields: tuple[str, ...]
    event_time: str
    fit: Schema | None = None
    contract: Declared | None = None
    is_captured: bool = False

    @property
    def judge_each(self) -> bool:
        """Whether a rule looks at each record alone, so that they cannot be read in blocks."""
        return self.fit is not None or self.contract is not None


def rules_of(dataset: Dataset, fit: Schema | None = None, contract: Declared | None = None) -> Rules:
    """Return a dataset's rules; misfits of `fit` and breaches of `contract` are rejected too."""
    return Rules(
        dataset=dataset.name,
        mode=dataset.mode,
        pk_fields=dataset.pk_fields,
        event_time=dataset.event_time,
        fit=fit,
        contract=contract,
        is_captured=dataset.cdc is not None,
    )


@dataclass(slots=True)
class Scan:
    """
    What was found in some objects; the parts of a batch add up with `merge`.

    Attributes:
        record_count: All records of the ranges, rejected ones and tombstones included.
        rejected_count: Those that cannot become rows.
        value_bytes: UTF-8 length of the values that were not rejected.
        content_hash: Per docs/contracts/content-hash.md, of the records that were not rejected.
        max_event_time: Newest one, clipped per object; None when there is none.
        inference: Of the values that were not rejected.
        rejected_files: Files of `edges.rejected` that hold the rejected records.
    """

    record_count: int = 0
    rejected_count: int = 0
    value_bytes: int = 0
    content_hash: int = 0
    max_event_time: datetime | None = None
    inference: Inference = field(default_factory=Inference)
    rejected_files: tuple[Path, ...] = ()

    def merge(self, other: Scan) -> None:
        """Add what another scan found in other objects."""
        self.record_count += other.record_count
        self.rejected_count += other.rejected_count
        self.value_bytes += other.value_bytes
        self.content_hash += other.content_hash
        self.see_event_time(other.max_event_time)
        self.inference.merge(other.inference)
        self.rejected_files += other.rejected_files

    def see_event_time(self, moment: datetime | None) -> None:
        """Keep the newer one."""
        if moment is not None and (self.max_event_time is None or moment > self.max_event_time):
            self.max_event_time = moment
