"""What landed and was not judged: read the way the guard reads it, as far as needed."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from metastore_sync.landed import Tail, tails
from metastore_sync.settings import Settings
from schema_guard import gaps
from schema_guard.accepted import AcceptedGap, GapKind
from schema_guard.chains import Cursor, Link, open_chains
from schema_guard.edges.s3 import Store
from schema_guard.gaps import Gap, Promise, UnprovenObject
from tidegate.facts.model import LandingFact, ObjectFact

#: Manifests looked at per partition; what waits behind them is counted in offsets, gaps there show later.
MOST = 16
#: Manifests never change: the service reads each once.
_REMEMBERED = 20_000
_MANIFEST = re.compile(r".+/_manifest/[0-9a-f]{8}/[0-9]+/[0-9]{20}[.]json")
_manifests: dict[tuple[str, str, str], dict[str, Any]] = {}


class _RememberingStore(Store):
    """A store whose manifests are read once per process."""

    def __init__(self, settings: Settings, client: Any) -> None:
        super().__init__(settings, client)
        self._place = (settings.s3_endpoint, settings.raw_bucket)

    def document(self, key: str) -> dict[str, Any]:
        """Return the JSON object under a key, from memory when it is a manifest that was read before."""
        if not _MANIFEST.fullmatch(key):
            return super().document(key)
        known = _manifests.get((*self._place, key))
        if known is None:
            if len(_manifests) >= _REMEMBERED:
                _manifests.clear()
            known = _manifests[(*self._place, key)] = super().document(key)
        return known


def read(
    settings: Settings,
    topic: str,
    cursors: Sequence[Cursor],
    *,
    accepted: Sequence[AcceptedGap] = (),
    unproven: Collection[UnprovenObject] = (),
    client: Any = None,
) -> LandingFact:
    """
    Look at what landed behind the cursors of one topic, and at the objects of unproven batches.

    Args:
        settings: Where the store is.
        topic: Kafka topic.
        cursors: How far each partition was judged.
        accepted: Losses that somebody accepted.
        unproven: Objects of batches that are not proven to be in bronze.
        client: An S3 client to use.

    Raises:
        BrokenError: The store is away, or a manifest cannot be read.
    """
    store = _RememberingStore(settings, client)
    newest = tails(settings, topic, client)
    links, found, behind = list[Link](), list[Gap](), 0
    for chain in open_chains(store, topic, cursors, accepted):
        steps = list(islice(chain, MOST))
        links += [step for step in steps if isinstance(step, Link)]
        if len(steps) == MOST:
            behind += _offsets_behind(links[-1], newest)
        found += gaps.in_chain(topic, steps, accepted)
        found += gaps.lost_objects(store, topic, steps)
    found += _lost_since(store, unproven, accepted)
    times = [link.manifest.landed_at for link in links]
    last = max(newest, key=lambda tail: tail.landed_at, default=None)
    topic_id = str(last.manifest["topic_id"]) if last else None
    generations = {cursor.topic_id: cursor.generation for cursor in (*cursors, *(n.cursor for n in links))}
    return LandingFact(
        offsets={tail.partition: tail.next_offset for tail in newest},
        waiting=sum(link.manifest.record_count for link in links) + behind,
        waiting_since=min(times, default=None),
        newest=max(times, default=None),
        hole=_hole(found),
        gaps=tuple(found),
        topic_id=topic_id,
        generation=generations.get(topic_id) if topic_id else None,
        delivery=_delivery(newest),
        last_object=_object(last) if last else None,
        newest_record=_newest_records(newest),
    )


def _lost_since(
    store: Store, unproven: Collection[UnprovenObject], accepted: Sequence[AcceptedGap]
) -> list[Gap]:
    """Return the objects of unproven batches that are gone; their bytes are compared by `landing gaps`."""
    given_up = {(gap.batch_id, gap.data_key) for gap in accepted}
    held = [entry for entry in unproven if (entry.batch_id, entry.data_key) not in given_up]
    wrong = gaps.unkept(store, [Promise(entry.data_key) for entry in held])
    return [
        gaps.of_object(entry, fact)
        for entry in held
        if (fact := wrong.get(entry.data_key))
    ]


def _offsets_behind(link: Link, newest: Sequence[Tail]) -> int:
    """Return how many offsets of a long backlog landed behind the last manifest looked at."""
    manifest = link.manifest
    ends = (
        tail.next_offset
        for tail in newest
        if (tail.manifest["topic_id"], tail.partition) == (manifest.topic_id, manifest.partition)
    )
    return max(0, next(ends, 0) - manifest.next_offset)


def _hole(found: Sequence[Gap]) -> str:
    holes = [gap for gap in found if gap.kind is GapKind.MISSING_MANIFEST]
    if not holes:
        return ""
    return f"the manifest of partition {holes[0].partition}, offset {holes[0].first_offset} is missing"


def _delivery(newest: Sequence[Tail]) -> str | None:
    """Return the weakest guarantee that any partition's newest manifest states."""
    stated = {str(tail.manifest.get("delivery", "")) for tail in newest}
    return min(stated, default=None)  # at-least-once sorts before exactly-once


def _object(tail: Tail) -> ObjectFact:
    return ObjectFact(
        key=str(tail.manifest["data_key"]),
        records=int(tail.manifest["record_count"]),
        landed_at=datetime.fromisoformat(tail.landed_at),
    )


def _newest_records(newest: Sequence[Tail]) -> dict[int, datetime]:
    return {
        tail.partition: datetime.fromtimestamp(stamp / 1000, UTC)
        for tail in newest
        if (stamp := tail.manifest.get("max_timestamp")) is not None
    }
