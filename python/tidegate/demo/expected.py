"""What the tables must hold, computed from the ledger alone: the oracle knows nothing of the models."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tidegate.demo.ledger import Acked, Ledger


@dataclass(frozen=True, slots=True)
class Range:
    """What one partition of one topic id must show in bronze."""

    topic_id: str
    partition: int
    records: int
    hash: int


def bronze_ranges(ledger: Ledger, topic: str) -> list[Range]:
    """Return count and content hash of every record the guard may admit, per partition."""
    counts: Counter[tuple[str, int]] = Counter()
    hashes: Counter[tuple[str, int]] = Counter()
    for record in ledger.records(topic):
        if record.is_admissible:
            counts[record.topic_id, record.partition] += 1
            hashes[record.topic_id, record.partition] += record.hash
    return [Range(*place, counts[place], hashes[place]) for place in sorted(counts)]


def order_states(ledger: Ledger, topic: str) -> dict[str, str | None]:
    """
    Return the newest state per key; None is a deleted one.

    A deletion cuts what its partition held before it; then the newest `updated_at` wins, and among
    equals the later record.
    """
    alive: dict[str, list[Acked]] = {}
    for record in ledger.records(topic):  # in offset order, and a key stays in its partition
        if record.fact == "deleted":
            alive[record.key] = []
        else:
            alive.setdefault(record.key, []).append(record)
    return {key: _winner(records) for key, records in alive.items()}


def distinct_events(ledger: Ledger, topic: str) -> tuple[int, int]:
    """Return how many events the admitted records tell of, and how many records repeat one."""
    facts = [record.fact for record in ledger.records(topic) if record.is_admissible]
    return len(set(facts)), len(facts) - len(set(facts))


def _winner(records: list[Acked]) -> str | None:
    if not records:
        return None
    best = max(records, key=lambda r: (r.fact.split("|")[0], r.timestamp, r.offset))
    return best.fact
