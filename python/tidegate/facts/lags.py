"""How far each partition's landing is behind Kafka, in records and in seconds; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from metastore_sync.model import Start
from tidegate.facts.model import DatasetFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """
    One partition; None where it cannot be known.

    Attributes:
        landed_offset: The offset behind the last landed record.
        records: Log end less landed; compacted offsets and transaction markers count too.
        seconds: Since the oldest record that has not landed was written; 0 when none waits.
        is_bound: Whether `seconds` is only an upper bound: the age of the newest landed record, told when
            Kafka did not give the waiting one in time.
    """

    partition: int
    end_offset: int
    landed_offset: int | None
    records: int | None
    seconds: float | None = None
    is_bound: bool = False


def of(fact: DatasetFact, now: datetime | None = None) -> tuple[Lag, ...]:
    """Return the lag of each partition; without `now` only in records. Empty when Kafka is away."""
    if fact.kafka_ends is None:
        return ()
    return tuple(_lag(fact, partition, end, now) for partition, end in sorted(fact.kafka_ends.items()))


def _lag(fact: DatasetFact, partition: int, end: int, now: datetime | None) -> Lag:
    landed = _landed(fact, partition)
    records = None if landed is None else max(0, end - landed)
    seconds, is_bound = _seconds(fact, partition, records, now)
    return Lag(
        partition=partition,
        end_offset=end,
        landed_offset=landed,
        records=records,
        seconds=seconds,
        is_bound=is_bound,
    )


def _landed(fact: DatasetFact, partition: int) -> int | None:
    landing = fact.landing
    if landing is None:
        return None
    if landing.topic_id and fact.kafka_topic_id and landing.topic_id != fact.kafka_topic_id:
        return 0  # created again: nothing of the new topic has landed yet, and nothing of it is skipped
    if partition in landing.offsets:
        return landing.offsets[partition]
    # Where landing will begin is not known before the partition's first object.
    return None if fact.dataset.start is Start.LATEST else 0


def _seconds(
    fact: DatasetFact, partition: int, records: int | None, now: datetime | None
) -> tuple[float | None, bool]:
    if records is None or now is None:
        return None, False
    if not records:
        return 0.0, False
    since = fact.oldest.get(partition)
    is_bound = since is None
    if since is None and fact.landing:
        since = fact.landing.newest_record.get(partition)
    if since is None:
        return None, False
    return max(0.0, round((now - since).total_seconds(), 3)), is_bound
