"""What a key's history must be, worked out record by record: no SQL, no windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

#: Value, from, until (None: still), both in minutes.
State = tuple[int, int, int | None]


class Seen(Protocol):
    """One record of a key; `rank` is its order_by, `minute` its event time, both None in a tombstone."""

    rank: int | None
    minute: int | None
    v: int | None
    partition: int
    offset: int
    kafka_minute: int


def history(records: Sequence[Seen]) -> list[State]:
    """Return the states, oldest first."""
    living = sorted((r for r in records if r.v is not None), key=_order)
    starts: list[int] = []
    for one in living:
        starts.append(max([one.minute or 0, *starts[-1:]]))
    ends = [_end(starts, place) for place in range(len(living))]
    for tombstone in (r for r in records if r.v is None):
        place, at = _deletion(tombstone, living, starts, records)
        if place >= 0 and (ends[place] is None or at < ends[place]):
            ends[place] = at
    return [
        (one.v, start, end)
        for one, start, end in zip(living, starts, ends, strict=True)
        if one.v is not None and (end is None or start < end)
    ]


def _end(starts: list[int], place: int) -> int | None:
    return starts[place + 1] if place + 1 < len(starts) else None


def _order(one: Seen) -> tuple[int, int, int, int]:
    return (one.rank or 0, one.kafka_minute, one.partition, one.offset)


def _deletion(
    tombstone: Seen, living: list[Seen], starts: list[int], records: Sequence[Seen]
) -> tuple[int, int]:
    """Return the place of the record that ends (-1: none) and when it does."""
    ahead = [n for n, one in enumerate(living) if _came_first(one, tombstone, records)]
    behind = [n for n in range(len(living)) if n not in ahead]
    at = tombstone.kafka_minute
    if behind and (not ahead or behind[-1] > ahead[-1]):
        at = min(at, starts[behind[-1]])
    if ahead:
        at = max(at, starts[ahead[-1]])
    begun = [n for n, start in enumerate(starts) if start < at or n in ahead]
    return (begun[-1] if begun else -1), at


def _came_first(one: Seen, other: Seen, records: Sequence[Seen]) -> bool:
    """Kafka's order: offsets in a partition; between two, the latest time that each had reached by then."""
    if one.partition == other.partition:
        return one.offset < other.offset
    return (_reached(one, records), one.partition) < (_reached(other, records), other.partition)


def _reached(one: Seen, records: Sequence[Seen]) -> int:
    lane = [r for r in records if r.partition == one.partition and r.offset <= one.offset]
    return max(r.kafka_minute for r in lane)
