"""What landed and was not judged: read the way the guard reads it, as far as needed."""

from __future__ import annotations

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

#: Manifests looked at per partition; of a longer backlog the count is a lower bound.
MOST = 64


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
    store = Store(settings, client)
    links, found = list[Link](), list[Gap]()
    for chain in open_chains(store, topic, cursors, accepted):
        steps = list(islice(chain, MOST))
        links += [step for step in steps if isinstance(step, Link)]
        found += gaps.in_chain(topic, steps, accepted)
        found += gaps.lost_objects(store, topic, steps)
    found += _lost_since(store, unproven, accepted)
    times = [link.manifest.landed_at for link in links]
    newest = tails(settings, topic, client)
    last = max(newest, key=lambda tail: tail.landed_at, default=None)
    topic_id = str(last.manifest["topic_id"]) if last else None
    generations = {cursor.topic_id: cursor.generation for cursor in (*cursors, *(n.cursor for n in links))}
    return LandingFact(
        offsets={tail.partition: tail.next_offset for tail in newest},
        waiting=sum(link.manifest.record_count for link in links),
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
