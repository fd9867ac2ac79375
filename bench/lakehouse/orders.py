"""Orders as a producer sends them, each made from its seed: the same records on every machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

_SEED = 20_261_121
START = datetime(2026, 11, 1, tzinfo=UTC)
_STATES = ("O", "P", "F")
_PRIORITIES = ("1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW")
_WORDS = (
    "carefully",
    "final",
    "deposits",
    "sleep",
    "quickly",
    "above",
    "the",
    "regular",
    "packages",
    "along",
)
_COMMENT_WORDS = 8

#: Of a batch: keys seen for the first time; tombstones; changes of keys of any age that arrive too late.
_NEW, _DELETED, _LATE = 0.6, 0.01, 0.05
#: Other changes concern keys at most so many batches old, but for a tenth, whose keys have any age.
_RECENT_BATCHES, _OLD = 3, 0.1


@dataclass(frozen=True, slots=True)
class Event:
    """
    One record before Kafka has placed it.

    Attributes:
        key: Of the order.
        at: When it was produced.
        updated_at: What its payload says, unique among all events; None: a tombstone.
        status: Of the order, in its payload.
        value: JSON text.
    """

    key: int
    at: datetime
    updated_at: datetime | None
    status: str = ""
    value: bytes | None = None


def bulk(records: int) -> Iterator[Event]:
    """Yield as many orders, each of a key of its own."""
    random = Random(f"{_SEED}/bulk")  # noqa: S311  data, not secrets
    for number in range(records):
        yield _order(random, number, START + timedelta(milliseconds=number))


class Series:
    """Batches that resemble each other, while the keys that they may change become more."""

    def __init__(self, size: int) -> None:
        self._random = Random(f"{_SEED}/series")  # noqa: S311  data, not secrets
        self._size = size
        self._born: list[list[int]] = []
        self._dead: set[int] = set()
        self._clock = START
        self._keys = 0

    def batch(self) -> list[Event]:
        """Return the next batch's events in the order they were produced."""
        self._born.append([])
        return [event for _ in range(self._size) if (event := self._event())]

    def _event(self) -> Event | None:
        random = self._random
        self._clock += timedelta(seconds=1)
        drawn = random.random()
        if drawn < _NEW or len(self._born) == 1:
            self._keys += 1
            self._born[-1].append(self._keys)
            return _order(random, self._keys, self._clock)
        is_late = drawn > 1 - _LATE
        key = self._held(of_any_age=is_late or random.random() < _OLD)
        if key is None:
            return None
        if drawn < _NEW + _DELETED:
            self._dead.add(key)
            return Event(key, self._clock, None)
        return _order(random, key, self._clock, late_by=random.randrange(1, 86_400) if is_late else 0)

    def _held(self, *, of_any_age: bool) -> int | None:
        """Return a key that exists; a deleted one is never heard of again."""
        batches = self._born if of_any_age else self._born[-_RECENT_BATCHES - 1 :]
        key = self._random.choice(self._random.choice([batch for batch in batches if batch]))
        return None if key in self._dead else key


def _order(random: Random, key: int, at: datetime, late_by: int = 0) -> Event:
    # Half a second apart from every record that is in time.
    updated_at = at - timedelta(seconds=late_by, microseconds=500_000 if late_by else 0)
    status = random.choice(_STATES)
    payload = {
        "o_orderkey": key,
        "o_custkey": random.randrange(1, 150_000),
        "o_orderstatus": status,
        "o_totalprice": random.randrange(100_000, 50_000_000) / 100,
        "o_orderdate": f"{at:%Y-%m-%d}",
        "o_orderpriority": random.choice(_PRIORITIES),
        "o_comment": " ".join(random.choices(_WORDS, k=_COMMENT_WORDS)),
        "updated_at": f"{updated_at:%Y-%m-%dT%H:%M:%S.%f}Z",
    }
    return Event(key, at, updated_at, status, json.dumps(payload, separators=(",", ":")).encode())
