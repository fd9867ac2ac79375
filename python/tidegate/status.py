"""The status of every dataset, from what was seen: state, reason, next command, layers, lag; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from metastore_sync.captured import Slot
from metastore_sync.model import Start
from schema_guard.accepted import AcceptedGap
from schema_guard.gaps import Gap
from tidegate.facts import lags
from tidegate.facts.lags import Lag
from tidegate.facts.model import (
    ConnectorFact,
    DatasetFact,
    Facts,
    ObjectFact,
    ReceiptFact,
    RegistryFact,
)
from tidegate.phases import Phase, phases
from tidegate.reasons import State, reason, waiting_since

#: Worst first on every list.
ORDER = (State.BLOCKED, State.DEGRADED, State.LAGGING, State.OK, State.PAUSED)
LAYERS = ("landed", "bronze", "silver", "gold")


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingStatus:
    """
    How one topic lands; None and empty where a part that knows was away, or nothing is there yet.

    Attributes:
        topic_id: Kafka's id of the topic that landed last, 8 hex digits; `generation` is its number.
        delivery: `exactly-once` or `at-least-once`, as the newest manifests state.
        last_object: The newest one.
        watermark: Event times before it are late in the next batch.
        partitions: How far each is behind Kafka.
        gaps: What is missing from the raw zone and was not accepted.
        accepted: Losses that somebody accepted.
    """

    topic_id: str | None
    generation: int | None
    delivery: str | None
    last_object: ObjectFact | None
    watermark: datetime | None
    partitions: tuple[Lag, ...]
    gaps: tuple[Gap, ...]
    accepted: tuple[AcceptedGap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetStatus:
    """
    One dataset as people see it; None where a part that knows was away, or nothing is there yet.

    Attributes:
        layers: landed, bronze, silver, gold → when the newest commit was made.
        not_landed: Records in Kafka that have not landed (offsets: compacted ones count too).
        waiting: Landed records without proof: not judged, blocked, or without a green receipt.
        lag_seconds: Age of the oldest of them; 0 when none waits.
        records: Of all admitted batches, the rejected included.
        rejected_open: Rejected records that nobody replayed, dead letters included.
        source_connector: Captures the table of a dataset with cdc; `slot` is what its server keeps for it.
        guarantee: exactly-once, or at-least-once and whose layout is read.
    """

    name: str
    topic: str
    mode: str
    owner: str
    state: State
    reason: str
    next_command: str
    layers: Mapping[str, datetime | None]
    not_landed: int | None
    waiting: int | None
    lag_seconds: float | None
    max_lag_seconds: int
    schema_version: int | None
    blocked_version: int | None
    batch_id: int | None
    records: int | None
    rejected: int | None
    receipt: ReceiptFact | None
    connector: ConnectorFact | None
    source_connector: ConnectorFact | None
    slot: Slot | None
    landing: LandingStatus
    phases: tuple[Phase, ...]
    guarantee: str = "exactly-once"
    rejected_open: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All datasets at one time (UTC), worst first; `away` is part → reason."""

    at: datetime
    datasets: tuple[DatasetStatus, ...]
    away: Mapping[str, str]
    snapshot_since: datetime | None

    def to_json(self) -> dict[str, Any]:
        """Return the status as plain JSON values, times in ISO 8601."""
        document = {
            "at": self.at,
            "away": dict(self.away),
            "running_on_snapshot_since": self.snapshot_since,
            "datasets": [asdict(entry) for entry in self.datasets],
        }
        plain: dict[str, Any] = _plain(document)
        return plain


def judge(facts: Facts) -> Status:
    """Return the status of everything seen."""
    found = [_dataset(fact, facts) for fact in facts.datasets]
    found.sort(key=lambda entry: (ORDER.index(entry.state), entry.name))
    return Status(
        at=facts.at,
        datasets=tuple(found),
        away=facts.away,
        snapshot_since=facts.snapshot_since,
    )


def _dataset(fact: DatasetFact, facts: Facts) -> DatasetStatus:
    dataset, seen, why = fact.dataset, fact.registry, reason(fact, facts)
    since = waiting_since(fact)
    lag = (facts.at - since).total_seconds() if since else 0.0
    is_known = seen is not None and fact.landing is not None
    not_landed = _not_landed(fact)
    return DatasetStatus(
        name=dataset.name,
        topic=dataset.kafka_topic,
        mode=dataset.mode.value,
        owner=dataset.owner,
        state=why.state,
        reason=why.text,
        next_command=why.next_command,
        layers=_layers(fact),
        not_landed=not_landed,
        waiting=_waiting(fact),
        lag_seconds=round(lag, 3) if is_known else None,
        max_lag_seconds=dataset.max_lag,
        schema_version=seen.active_version if seen else None,
        blocked_version=seen.blocked.schema_version if seen and seen.blocked else None,
        batch_id=seen.batch_id if seen else None,
        records=seen.records if seen else None,
        rejected=seen.rejected if seen else None,
        rejected_open=seen.rejected_open if seen else None,
        receipt=_receipt(seen),
        connector=fact.connector,
        source_connector=fact.source_connector,
        slot=fact.slot.slot if fact.slot else None,
        landing=_landing(fact, facts.at),
        guarantee=dataset.landing.guarantee,
        phases=phases(fact, facts.at, not_landed=not_landed, lag_seconds=lag if is_known else None),
    )


def _landing(fact: DatasetFact, now: datetime) -> LandingStatus:
    seen, landing = fact.registry, fact.landing
    return LandingStatus(
        topic_id=landing.topic_id if landing else None,
        generation=landing.generation if landing else None,
        delivery=landing.delivery if landing else None,
        last_object=landing.last_object if landing else None,
        watermark=seen.watermark if seen else None,
        partitions=lags.of(fact, now),
        gaps=landing.gaps if landing else (),
        accepted=seen.accepted if seen else (),
    )


def _receipt(seen: RegistryFact | None) -> ReceiptFact | None:
    return seen.receipt if seen and seen.receipt.batch_id is not None else None


def _layers(fact: DatasetFact) -> dict[str, datetime | None]:
    landed = [fact.registry and fact.registry.landed_at, fact.landing and fact.landing.newest]
    newest = max((at for at in landed if at), default=None)
    return {"landed": newest, **{layer: fact.layers.get(layer) for layer in LAYERS[1:]}}


def _not_landed(fact: DatasetFact) -> int | None:
    """Return the records between the landed offsets and the topic's end; None where none is known."""
    if fact.kafka_ends is None or fact.landing is None:
        return None
    if not fact.landing.offsets and fact.dataset.start is Start.LATEST:
        return None  # where landing will begin is not known before its first object
    return sum(lag.records or 0 for lag in lags.of(fact))


def _waiting(fact: DatasetFact) -> int | None:
    if fact.registry is None or fact.landing is None:
        return None
    blocked = fact.registry.blocked.record_count if fact.registry.blocked else 0
    return fact.registry.unproven_records + blocked + fact.landing.waiting


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case Mapping():
            return {key: _plain(member) for key, member in value.items()}
        case list() | tuple():
            return [_plain(member) for member in value]
    return value
