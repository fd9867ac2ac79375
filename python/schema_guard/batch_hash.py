"""The content hash of landed records, without a verdict: what a repair compares with the registry."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from schema_guard import lines, records
from schema_guard.accepted import QUERIES, Connection
from schema_guard.content_hash import content_hash
from schema_guard.edges import registry
from schema_guard.edges.registry import AdmittedObject
from schema_guard.edges.s3 import Store
from schema_guard.lines import MAX_RECORD_BYTES

#: Topic id, partition, offset of records that are no part of a batch's content hash.
Rejected = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Content:
    """Records that are not rejected, and the sum of their hashes (docs/contracts/content-hash.md)."""

    record_count: int
    content_hash: int


def rejected_of(conn: Connection, dataset: str, batch_id: int) -> Rejected:
    """Return the rejected records of a batch."""
    rows = QUERIES.rejected_offsets(conn, dataset=dataset, batch_id=batch_id)
    return frozenset((row["topic_id"], row["partition"], row["offset"]) for row in rows)


def of_others(
    store: Store, conn: Connection, dataset: str, batch_id: int, without: Collection[str]
) -> Content:
    """
    Read the objects of a batch but those of the data keys `without`.

    Raises:
        BrokenError: One of them is missing or damaged.
    """
    rejected = rejected_of(conn, dataset, batch_id)
    count, total = 0, 0
    for held in registry.objects(conn, dataset, batch_id):
        if held.data_key not in without:
            found = _of_object(store, dataset, held, rejected)
            count, total = count + found.record_count, total + found.content_hash
    return Content(count, total)


def of_lines(found: Iterable[bytes], topic_id: str, rejected: Rejected) -> Content:
    """Return the content of record lines of one topic id."""
    count, total = 0, 0
    for line in found:
        record = records.decode(line)
        if (topic_id, record.partition, record.offset) in rejected:
            continue
        count += 1
        total += content_hash(
            topic_id, record.partition, record.offset, record.key_text, record.value
        )
    return Content(count, total)


def _of_object(store: Store, dataset: str, held: AdmittedObject, rejected: Rejected) -> Content:
    stored = store.bytes_of(held.data_key, dataset=dataset)
    text = lines.gunzip(stored) if held.data_key.endswith(".gz") else stored
    # A longer line was rejected by the guard, so that it is in no hash.
    whole = (line for line in lines.split(text, MAX_RECORD_BYTES) if isinstance(line, bytes))
    return of_lines(whole, held.topic_id, rejected)
