"""How the two phases of a dataset do: `land` is Kafka to raw zone, `load` is raw zone to proven silver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.facts.model import DatasetFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """
    One phase of one dataset.

    Attributes:
        name: `land` or `load`.
        records: Records it has taken in so far.
        lag_seconds: For load, the age of the oldest landed record without proof; for land, the time since
            the last landing while records wait in Kafka; 0 when none waits, None when not known.
        last_commit: When it last committed: an object, or a green receipt.
        latency_seconds: From the newest batch's landing to its receipt; None where that is not measured.
        records_per_second: The newest batch's records over that time.
        errors: Things that keep it from going on, now.
    """

    name: str
    records: int
    lag_seconds: float | None
    last_commit: datetime | None
    latency_seconds: float | None
    records_per_second: float | None
    errors: int


def phases(
    fact: DatasetFact, now: datetime, *, not_landed: int | None, lag_seconds: float | None
) -> tuple[Phase, ...]:
    """
    Return both phases of a dataset.

    Args:
        fact: What was seen of it.
        now: When that was, UTC.
        not_landed: Records that wait in Kafka; None when not known.
        lag_seconds: Age of the oldest landed record without proof; None when not known.
    """
    return (_land(fact, now, not_landed), _load(fact, lag_seconds))


def _land(fact: DatasetFact, now: datetime, not_landed: int | None) -> Phase:
    seen, landing = fact.registry, fact.landing
    judged = seen.records + (seen.blocked.record_count if seen.blocked else 0) if seen else 0
    times = [seen and seen.landed_at, landing and landing.newest]
    last = max((at for at in times if at), default=None)
    since = (now - last).total_seconds() if last else None
    failed = 0 if fact.connector is None else fact.connector.failed
    return Phase(
        name="land",
        records=judged + (landing.waiting if landing else 0),
        lag_seconds=0.0 if not_landed == 0 else since if not_landed else None,
        last_commit=last,
        latency_seconds=None,
        records_per_second=None,
        errors=failed + bool(landing and landing.hole) + bool(fact.landing_wrong),
    )


def _load(fact: DatasetFact, lag_seconds: float | None) -> Phase:
    seen = fact.registry
    if seen is None:
        return Phase(
            name="load",
            records=0,
            lag_seconds=None,
            last_commit=None,
            latency_seconds=None,
            records_per_second=None,
            errors=0,
        )
    receipt = seen.receipt
    is_newest = receipt.batch_id is not None and receipt.batch_id == seen.batch_id
    latency = None
    if is_newest and receipt.created_at and seen.landed_at:
        latency = (receipt.created_at - seen.landed_at).total_seconds()
    return Phase(
        name="load",
        records=seen.records - seen.unproven_records,
        lag_seconds=lag_seconds,
        last_commit=receipt.created_at,
        latency_seconds=latency,
        records_per_second=seen.newest_records / latency if latency else None,
        errors=bool(seen.blocked) + (receipt.red_batch is not None),
    )
