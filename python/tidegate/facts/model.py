"""What was seen of each dataset, part by part; a part that was away left its reason instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from metastore_sync.captured import Slot
from metastore_sync.model import Dataset, DatasetState, Source
from schema_guard.accepted import AcceptedGap
from schema_guard.gaps import Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """The batch that awaits a decision; findings per docs/contracts/findings.schema.json."""

    batch_id: int
    schema_version: int
    record_count: int
    since: datetime
    landed_at: datetime | None
    findings: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFact:
    """The newest receipt; `red_batch` is the oldest batch whose proof failed, and `mismatch` why."""

    batch_id: int | None = None
    is_green: bool = True
    created_at: datetime | None = None
    red_batch: int | None = None
    mismatch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """Who changed a dataset's state last, when, and why."""

    actor: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryFact:
    """
    What the registry tells of one dataset.

    Attributes:
        watermark: Event times before it are late in the next batch; None before the first.
        accepted: Losses that somebody accepted.
        changed: The last change of state; None when there was none.
        records: Of all admitted batches, the rejected ones included.
        rejected_open: Rejected records that nobody replayed, dead letters included.
        newest_records: Of the newest batch; `judged_at` and `landed_at` are its times.
        unproven_records: Of admitted batches without a green receipt; the oldest landed at
            `unproven_since`.
    """

    active_version: int | None = None
    blocked: Blocked | None = None
    batch_id: int | None = None
    admitted_at: datetime | None = None
    batches: int = 0
    records: int = 0
    rejected: int = 0
    rejected_open: int = 0
    newest_records: int = 0
    judged_at: datetime | None = None
    landed_at: datetime | None = None
    unproven_batches: int = 0
    unproven_records: int = 0
    unproven_since: datetime | None = None
    receipt: ReceiptFact = ReceiptFact()
    watermark: datetime | None = None
    accepted: tuple[AcceptedGap, ...] = ()
    changed: StateChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFact:
    """A landed object: its key in the raw bucket, its records, when it landed."""

    key: str
    records: int
    landed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingFact:
    """
    What the raw zone tells of one topic.

    Attributes:
        offsets: Per partition of the newest topic id, the offset after the last landed one.
        waiting: Landed records that no batch holds.
        waiting_since: When the oldest of them landed; None when nothing waits.
        newest: When the newest of them landed, as far as was read.
        hole: Where the chain of manifests breaks; empty when it does not.
        gaps: What is missing and was not accepted, as far as was read.
        topic_id: The newest one, 8 hex digits; None when nothing has landed.
        delivery: `exactly-once` or `at-least-once`, as the newest manifests say; None likewise.
        last_object: The newest one.
        newest_record: Per partition, the newest timestamp in its newest object.
    """

    offsets: Mapping[int, int]
    waiting: int = 0
    waiting_since: datetime | None = None
    newest: datetime | None = None
    hole: str = ""
    gaps: tuple[Gap, ...] = ()
    topic_id: str | None = None
    generation: int | None = None
    delivery: str | None = None
    last_object: ObjectFact | None = None
    newest_record: Mapping[int, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorFact:
    """
    A connector: its state as Connect tells it, its tasks' states, and why one failed.

    Attributes:
        cause: The innermost cause of the first failure.
        causes: Per failed part (`connector`, `task 0`), its trace shortened to its cause lines.
    """

    name: str
    state: str
    tasks: tuple[str, ...]
    cause: str = ""
    causes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        """Whether the connector and every task, at least one, are RUNNING."""
        return self.state == "RUNNING" and bool(self.tasks) and set(self.tasks) == {"RUNNING"}

    @property
    def word(self) -> str:
        """The whole in one word and the share of tasks that run: `failed 1/2`."""
        state = "failed" if self.failed else self.state.lower()
        return f"{state} {self.tasks.count('RUNNING')}/{len(self.tasks)}"

    @property
    def failed(self) -> int:
        """How many of connector and tasks have FAILED."""
        return (self.state, *self.tasks).count("FAILED")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFact:
    """
    The replication slot of a captured table.

    Attributes:
        slot: None before the connector's first start.
        wrong: Why its database could not be asked; empty when it could.
    """

    slot: Slot | None = None
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFact:
    """Everything seen of one dataset; None where the part that knows was away."""

    dataset: Dataset
    state: DatasetState
    source: Source
    registry: RegistryFact | None = None
    landing: LandingFact | None = None
    #: Why what landed of this dataset alone could not be read; empty when it could.
    landing_wrong: str = ""
    kafka_ends: Mapping[int, int] | None = None
    #: The id that Kafka gives the topic now, 8 hex digits.
    kafka_topic_id: str | None = None
    #: Partition → when its oldest record that has not landed was written; absent where none waits.
    oldest: Mapping[int, datetime] = field(default_factory=dict)
    connector: ConnectorFact | None = None
    #: Of a captured table: the connector before the topic, and its slot.
    source_connector: ConnectorFact | None = None
    slot: SlotFact | None = None
    #: When the newest table of a layer (bronze, silver, gold) last changed; absent: not built yet.
    layers: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """
    Everything seen at one time (UTC).

    Attributes:
        away: Part → why it could not be asked.
        snapshot_since: When the snapshot in use was written; None while the registry answers.
    """

    at: datetime
    datasets: tuple[DatasetFact, ...]
    away: Mapping[str, str]
    snapshot_since: datetime | None = None
