"""
The chain of manifests of each partition, read from where the guard stopped.

Listing starts behind the cursor (`StartAfter`), so that its cost grows with what landed since, never
with what landed before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from schema_guard.accepted import AcceptedGap
from schema_guard.edges.s3 import Store
from schema_guard.manifests import Manifest, at, folder_of

#: Manifests fetched at once per partition.
_AHEAD = 16
_TOPIC_ID = re.compile(r"[0-9a-f]{8}")
_PARTITION = re.compile(r"0|[1-9][0-9]*")
_OFFSET_NAME = re.compile(r"([0-9]{20})\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far one partition of one generation has been judged."""

    topic_id: str
    generation: int
    partition: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class Hole:
    """A chain that cannot be followed: the manifest of `cursor.next_offset` is missing."""

    cursor: Cursor
    found: Manifest


@dataclass(frozen=True, slots=True)
class Link:
    """The next manifest of a chain, and where the cursor stood before it."""

    cursor: Cursor
    manifest: Manifest


Chain = Iterator[Link | Hole]


def open_chains(
    store: Store, topic: str, known: Sequence[Cursor], accepted: Sequence[AcceptedGap] = ()
) -> list[Chain]:
    """
    Return one chain per partition of every generation, known or new.

    Args:
        store: The raw bucket.
        topic: Kafka topic.
        known: The registry's cursors; a partition without one starts at offset 0.
        accepted: Losses that somebody accepted: the chain goes on behind them.
    """
    cursors = {(cursor.topic_id, cursor.partition): cursor for cursor in known}
    generations = {cursor.topic_id: cursor.generation for cursor in known}
    partitions = {
        topic_id: _partitions(store, topic, topic_id)
        for topic_id in store.folders(f"{topic}/_manifest/")
        if _TOPIC_ID.fullmatch(topic_id)
    }
    generations |= _number_new(store, topic, partitions, generations)
    chains = []
    for topic_id, folders in partitions.items():
        for folder in folders:
            start = cursors.get((topic_id, int(folder))) or Cursor(
                topic_id=topic_id,
                generation=generations[topic_id],
                partition=int(folder),
                next_offset=0,
            )
            chains.append(_follow(store, folder_of(topic, topic_id, folder), start, accepted))
    return chains


def _partitions(store: Store, topic: str, topic_id: str) -> list[str]:
    folders = store.folders(f"{topic}/_manifest/{topic_id}/")
    return [folder for folder in folders if _PARTITION.fullmatch(folder)]


def _number_new(
    store: Store, topic: str, partitions: dict[str, list[str]], known: dict[str, int]
) -> dict[str, int]:
    """Number the topic ids that no batch has seen yet, by when their first object landed."""
    first_landed: list[tuple[datetime, str]] = []
    for topic_id in partitions.keys() - known.keys():
        landed = [
            manifest.landed_at
            for folder in partitions[topic_id]
            for manifest in islice(_manifests(store, folder_of(topic, topic_id, folder), 0), 1)
        ]
        if landed:
            first_landed.append((min(landed), topic_id))
        else:
            partitions[topic_id] = []
    first = max(known.values(), default=0) + 1
    return {topic_id: first + n for n, (_, topic_id) in enumerate(sorted(first_landed))}


def _follow(store: Store, folder: str, cursor: Cursor, accepted: Sequence[AcceptedGap]) -> Chain:
    expected = cursor.next_offset
    for manifest in _manifests(store, folder, cursor.next_offset):
        if manifest.expected_offset != expected and not _is_accepted_hole(
            accepted, manifest, expected
        ):
            yield Hole(replace(cursor, next_offset=expected), manifest)
            return
        expected = manifest.next_offset
        if any(gap.is_object_of(manifest) for gap in accepted):
            continue  # the cursor moves over it with the next object that is there
        yield Link(cursor, manifest)
        cursor = replace(cursor, next_offset=expected)


def _is_accepted_hole(accepted: Sequence[AcceptedGap], manifest: Manifest, expected: int) -> bool:
    return any(gap.is_hole_before(manifest, expected) for gap in accepted)


def manifest_keys(store: Store, folder: str, after: str) -> Iterator[str]:
    """Yield the keys of a chain's manifests behind a key, in order; other names in between are none."""
    for key in store.keys(folder, after):
        if _OFFSET_NAME.fullmatch(key.removeprefix(folder)):
            yield key


def _manifests(store: Store, folder: str, offset: int) -> Iterator[Manifest]:
    """Yield the folder's manifests that expect `offset` or more, a few fetched at a time."""
    # Sorts before the manifest of `offset` itself and behind every earlier one.
    keys = manifest_keys(store, folder, f"{folder}{offset:020d}")
    while ahead := list(islice(keys, _AHEAD)):
        yield from _fetch(store, ahead)


def _fetch(store: Store, keys: Iterable[str]) -> list[Manifest]:
    with ThreadPoolExecutor(_AHEAD) as threads:
        return list(threads.map(lambda key: at(key, store.document(key)), keys))
