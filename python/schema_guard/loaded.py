"""What bronze still knows of batches that the registry forgot, and which landed objects they were made of."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice, takewhile

from metastore_sync.errors import BrokenError
from schema_guard.chains import Link

#: Behind every landing: the time of a batch that nothing dates.
_NEVER = datetime.max.replace(tzinfo=UTC)

Place = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRange:
    """The rows that bronze holds of one batch and one partition; both offsets have a row."""

    batch_id: int
    topic_id: str
    generation: int
    partition: int
    first_offset: int
    last_offset: int
    rows: int
    schema_version: int
    ingested_at: datetime

    @property
    def place(self) -> Place:
        """The partition of the generation."""
        return (self.topic_id, self.partition)


@dataclass(frozen=True, slots=True)
class Loaded:
    """
    What bronze holds.

    Attributes:
        upto: The newest batch it has applied; batches without a row count.
        ranges: Per batch and partition; batches of nothing but rejected records have none.
    """

    upto: int
    ranges: tuple[LoadedRange, ...]

    def without(self, batches: Collection[int]) -> Loaded:
        """Return the same without the rows of some batches."""
        return Loaded(self.upto, tuple(held for held in self.ranges if held.batch_id not in batches))

    def by_batch(self) -> dict[int, list[LoadedRange]]:
        """Return the ranges of each batch that has rows."""
        found: dict[int, list[LoadedRange]] = defaultdict(list)
        for held in self.ranges:
            found[held.batch_id].append(held)
        return dict(found)


@dataclass(slots=True)
class Members:
    """
    The objects of one batch, in the order of their chains.

    Attributes:
        sure: Rows, or rows behind them in the same chain, say that they belong to it.
        perhaps: No row of theirs is known and none behind them: either nothing but rejected records, or
            records that no batch was loaded of yet. Their place in the chain is behind `sure`.
    """

    sure: list[Link] = field(default_factory=list)
    perhaps: list[Link] = field(default_factory=list)


@dataclass(slots=True)
class _Placed:
    """An object and the batches it can have been part of; `batch` is the one it is given to."""

    link: Link
    batch: int
    low: int
    high: int
    is_sure: bool


def members(
    chains: Iterable[Sequence[Link]], loaded: Loaded, after: int = 0, replays: Collection[int] = ()
) -> dict[int, Members]:
    """
    Return the objects of every batch behind `after` that bronze has applied, but those of replays.

    An object belongs to the batch of its rows. One without rows belongs to the first batch that was
    admitted after it landed, between the batches of its neighbours in the chain.

    Raises:
        BrokenError: Rows of two batches lie in one object, or no object can be an applied batch's.
    """
    loaded = loaded.without(replays)
    numbers = [number for number in range(after + 1, loaded.upto + 1) if number not in replays]
    known = _times(loaded, after)
    times = {number: known[number] for number in numbers}
    placed = [entry for chain in chains for entry in _place(chain, loaded, times, after)]
    _fill_empty(placed, numbers)
    found = {number: Members() for number in numbers}
    for entry in placed:
        if entry.batch <= loaded.upto:
            kept = found[entry.batch]
            (kept.sure if entry.is_sure else kept.perhaps).append(entry.link)
    return found


def _times(loaded: Loaded, after: int) -> Mapping[int, datetime]:
    """Return when each batch was admitted at the latest: one without rows, before the next that has some."""
    known = {r.batch_id: r.ingested_at for r in loaded.ranges}
    times, last = {}, _NEVER
    for number in range(loaded.upto, after, -1):
        last = times[number] = known.get(number, last)
    return times


def _place(
    chain: Sequence[Link], loaded: Loaded, times: Mapping[int, datetime], after: int
) -> list[_Placed]:
    place = place_of(chain[0]) if chain else None
    mine = [held for held in loaded.ranges if held.place == place and held.batch_id > after]
    ranges = sorted(mine, key=lambda held: held.last_offset)
    unloaded = loaded.upto + 1
    placed = [_seen(link, ranges, unloaded) for link in chain]
    high = unloaded
    for entry in reversed(placed):
        high = entry.high = min(entry.high, high)
    low = after + 1
    for entry in placed:
        entry.low = low = max(entry.low, low)
        if not entry.is_sure:
            entry.is_sure = entry.high <= loaded.upto
            entry.batch = low = _first_after(entry, times)
    return placed


def place_of(link: Link) -> Place:
    """Return the chain that an object belongs to."""
    return (link.manifest.topic_id, link.manifest.partition)


def _seen(link: Link, ranges: Sequence[LoadedRange], unloaded: int) -> _Placed:
    manifest = link.manifest
    begin = bisect_left(ranges, manifest.first_offset, key=lambda held: held.last_offset)
    reached = takewhile(lambda held: held.first_offset <= manifest.last_offset, islice(ranges, begin, None))
    batches = [held.batch_id for held in reached]
    match batches:
        case []:
            return _Placed(link, unloaded, 0, unloaded, is_sure=False)
        case [batch]:
            return _Placed(link, batch, batch, batch, is_sure=True)
    raise BrokenError(
        f"{manifest.data_key}: its records lie in batches {', '.join(map(str, sorted(batches)))}",
        not_done="Nothing was rebuilt: a batch is made of whole objects.",
        next_command="tidegate registry restore FILE",
    )


def _first_after(entry: _Placed, times: Mapping[int, datetime]) -> int:
    """Return the first possible batch that was admitted after the object landed."""
    for number in range(entry.low, entry.high):
        if number in times and times[number] > entry.link.manifest.landed_at:
            return number
    return entry.high


def _fill_empty(placed: Sequence[_Placed], numbers: Sequence[int]) -> None:
    """Give a batch that nothing was found for the nearest object that can be its own."""
    members_of = Counter(entry.batch for entry in placed)
    for number in numbers:
        if members_of[number]:
            continue
        free = [e for e in placed if e.low <= number <= e.high and e.low != e.high]
        # Of earlier batches the last landed, of later ones the first: so every chain stays in order.
        before = [e for e in free if e.batch < number]
        behind = [e for e in free if e.batch > number]
        if before:
            moved = max(before, key=lambda e: (e.batch, e.link.manifest.landed_at))
        elif behind:
            moved = min(behind, key=lambda e: (e.batch, e.link.manifest.landed_at))
        else:
            raise BrokenError(
                f"batch {number}: bronze has applied it, and no landed object can be its own",
                not_done="Nothing was rebuilt.",
                next_command="tidegate registry restore FILE",
            )
        members_of[moved.batch] -= 1
        moved.batch = number
