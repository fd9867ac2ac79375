"""What the values of some fields look like, from a bounded number of landed records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from schema_guard import lines, records, values
from schema_guard.core.kinds import ANY_ELEMENT, names
from schema_guard.core.likeness import Likeness, Profile, likeness
from schema_guard.core.poison import PoisonError
from schema_guard.core.renames import Pair
from schema_guard.edges.s3 import Store
from schema_guard.lines import MAX_RECORD_BYTES
from schema_guard.reading import ObjectRange

#: Records looked at on each side; a hint needs no more.
MOST_RECORDS = 5_000


def likenesses(
    store: Store,
    dataset: str,
    pairs: Sequence[Pair],
    before: Iterable[ObjectRange],
    now: Iterable[ObjectRange],
) -> dict[Pair, Likeness]:
    """
    Return how much each new field looks like the one that vanished.

    Args:
        store: The raw bucket.
        dataset: Whose objects they are, for what an error says.
        pairs: Fields to compare.
        before: Objects that hold the old fields, best first.
        now: Objects that hold the new ones.

    Raises:
        BrokenError: An object is missing or damaged.
    """
    old = _profiles(store, dataset, before, {pair.old for pair in pairs})
    new = _profiles(store, dataset, now, {pair.new for pair in pairs})
    return {
        pair: likeness(names(pair.old)[-1], old[pair.old], names(pair.new)[-1], new[pair.new])
        for pair in pairs
    }


def _profiles(
    store: Store, dataset: str, sources: Iterable[ObjectRange], pointers: Collection[str]
) -> dict[str, Profile]:
    found = {pointer: Profile() for pointer in pointers}
    paths = {pointer: names(pointer) for pointer in pointers}
    payloads = (payload for source in sources for payload in _payloads(store, dataset, source))
    for payload in islice(payloads, MOST_RECORDS):
        for pointer, path in paths.items():
            for value in _at(payload, path):
                found[pointer].add(value)
    return found


def _payloads(store: Store, dataset: str, source: ObjectRange) -> Iterator[dict[str, object]]:
    """Yield the records of an object that can become rows; the others have no fields to compare."""
    stored = store.stream(
        source.data_key, sha256=source.sha256, size=source.bytes, dataset=dataset
    )
    text = lines.gunzip(stored) if source.is_gzip else stored
    for line in lines.split(text, MAX_RECORD_BYTES):
        if isinstance(line, lines.SkippedLine):
            continue
        value = records.decode(line).value
        if value is None:
            continue
        try:
            yield values.read(value)
        except PoisonError:
            continue


def _at(value: object, path: Sequence[str]) -> Iterator[object]:
    """Yield every value at a path; one that is not there yields nothing."""
    if not path:
        yield value
    elif path[0] == ANY_ELEMENT and isinstance(value, list):
        for element in value:
            yield from _at(element, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])
