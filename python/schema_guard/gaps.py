"""
What is missing from a raw zone: in the chain of manifests, and behind it.

Looked at is what still matters: everything the guard has not judged, and the objects of batches that no
receipt has proven to be in bronze. One listing per partition and day tells of many objects at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from metastore_sync.model import Dataset
from schema_guard import accepted, errors, removed, replacement
from schema_guard.accepted import AcceptedGap, Connection, GapKind
from schema_guard.chains import Hole, Link, open_chains
from schema_guard.edges import registry
from schema_guard.edges.registry import AdmittedObject
from schema_guard.edges.s3 import Stat, Store
from schema_guard.manifests import Manifest, from_document, key_of

#: Manifests fetched at once.
_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """
    Offsets, both ends included, whose records are not in the raw zone.

    Attributes:
        missing: Records that were landed there, or offsets when nobody counted records.
        data_key: The lost object, where there was one; `manifest_key` names it.
        batch_id: The batch its records were judged in; None when none was formed of them.
        fact: What is wrong, in words.
    """

    kind: GapKind
    topic_id: str
    generation: int
    partition: int
    first_offset: int
    last_offset: int
    missing: int
    fact: str
    data_key: str | None = None
    manifest_key: str | None = None
    batch_id: int | None = None

    @property
    def place(self) -> str:
        """The range as people read it."""
        return f"partition {self.partition}, offsets {self.first_offset}…{self.last_offset}"

    def command(self, verb: str, dataset: str) -> str:
        """Return the words of `replay` or `accept-gap` for exactly this range."""
        where = f"--partition {self.partition} --from {self.first_offset} --to {self.last_offset}"
        return f"tidegate landing {verb} {dataset} {where}"

    def next_command(self, dataset: str) -> str:
        """Return what to type: only what had landed once can be landed again."""
        if self.kind is GapKind.RETENTION_LOSS:
            return self.command("accept-gap", dataset) + ' --why "…"'
        return self.command("replay", dataset)

    def to_json(self) -> dict[str, Any]:
        """Return the gap as plain JSON values."""
        return {**asdict(self), "kind": self.kind.value}


@dataclass(frozen=True, slots=True)
class Promise:
    """An object that must be there; size, ETag and SHA-256 are those of its manifest, if that was read."""

    data_key: str
    size: int | None = None
    etag: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnprovenObject:
    """An object of a batch that no receipt has proven to be in bronze; both offsets are included."""

    batch_id: int
    data_key: str
    topic_id: str
    generation: int
    partition: int
    first_offset: int
    last_offset: int
    record_count: int


def find(store: Store, conn: Connection, dataset: Dataset) -> list[Gap]:
    """
    Return every open gap of a dataset, in the order of its chains.

    Raises:
        BrokenError: The store is away, or a manifest cannot be read.
    """
    known = accepted.of(conn, dataset.name)
    cursors = registry.cursors(conn, dataset.name)
    found: list[Gap] = []
    for chain in open_chains(store, dataset.kafka_topic, cursors, known):
        steps = list(chain)
        found += in_chain(dataset.kafka_topic, steps, known)
        found += lost_objects(store, dataset.kafka_topic, steps)
    found += _judged(store, conn, dataset, known)
    return sorted(found, key=lambda gap: (gap.generation, gap.partition, gap.first_offset, gap.kind))


def refuse_lost(store: Store, conn: Connection, name: str) -> None:
    """
    Stop before a build that would read less than was admitted: Spark passes over a missing path in silence.

    Raises:
        BrokenError: An object that bronze still has to read is gone; the message names it.
    """
    rows = accepted.QUERIES.unbuilt_objects(conn, dataset=name)
    for lost in sorted(unkept(store, [Promise(row["data_key"]) for row in rows])):
        raise errors.object_missing(name, lost)


def in_chain(topic: str, steps: Iterable[Link | Hole], known: Sequence[AcceptedGap]) -> list[Gap]:
    """Return the gaps that the manifests behind a cursor tell of by themselves."""
    found = []
    for step in steps:
        match step:
            case Hole(cursor, manifest):
                found.append(
                    Gap(
                        kind=GapKind.MISSING_MANIFEST,
                        topic_id=manifest.topic_id,
                        generation=cursor.generation,
                        partition=manifest.partition,
                        first_offset=cursor.next_offset,
                        last_offset=manifest.expected_offset - 1,
                        missing=manifest.expected_offset - cursor.next_offset,
                        fact=f"the manifest of offset {cursor.next_offset} is gone, later ones are there",
                        manifest_key=key_of(
                            topic, manifest.topic_id, manifest.partition, cursor.next_offset
                        ),
                    )
                )
            case Link(cursor, manifest):
                found += _retention(manifest, cursor.generation, None, known)
    return found


def lost_objects(store: Store, topic: str, steps: Iterable[Link | Hole]) -> list[Gap]:
    """Return the objects behind a cursor that are gone or damaged."""
    links = [step for step in steps if isinstance(step, Link)]
    wrong = unkept(store, [_promise(link.manifest) for link in links])
    return [
        _lost(topic, link.manifest, link.cursor.generation, None, fact)
        for link in links
        if (fact := wrong.get(link.manifest.data_key))
    ]


def unkept(store: Store, promises: Iterable[Promise]) -> dict[str, str]:
    """Return data key → what is wrong with the object, for those that are not as promised."""
    groups: dict[str, list[Promise]] = defaultdict(list)
    for promise in promises:
        # Day, topic id and partition: what one listing covers.
        groups[promise.data_key.rsplit("+", 2)[0]].append(promise)
    wrong: dict[str, str] = {}
    for prefix, group in groups.items():
        keys = sorted(promise.data_key for promise in group)
        held = store.stats(prefix, keys[0][:-1], keys[-1])
        for promise in group:
            if fact := _wrong(store, promise, held.get(promise.data_key)):
                wrong[promise.data_key] = fact
    return wrong


def _wrong(store: Store, promise: Promise, held: Stat | None) -> str:
    if held is None:
        # A registry from an older backup does not know what retention removed since.
        is_meant = removed.is_removed(store.document_or_none, promise.data_key)
        return "" if is_meant else "the object is gone"
    if promise.size is None or (held.size, held.etag) == (promise.size, promise.etag):
        return ""
    again = replacement.read(store.document_or_none, promise.data_key)
    if again and (held.size, held.etag) == (again.size, again.etag):
        return ""
    if held.size != promise.size:
        return f"the object has {held.size} bytes, {promise.size} were landed"
    # Another ETag alone proves nothing: copies between stores change it.
    is_same = store.sha256(promise.data_key) == promise.sha256
    return "" if is_same else "the object holds other bytes than were landed"


def _judged(
    store: Store, conn: Connection, dataset: Dataset, known: Sequence[AcceptedGap]
) -> list[Gap]:
    """Return the gaps of batches that are not proven to be in bronze."""
    given_up = {(gap.batch_id, gap.data_key) for gap in known}
    held = [
        (int(batch["batch_id"]), batch["status"], entry)
        for batch in accepted.QUERIES.unproven_batches(conn, dataset=dataset.name)
        for entry in registry.objects(conn, dataset.name, batch["batch_id"])
        if (batch["batch_id"], entry.data_key) not in given_up
    ]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        read = list(threads.map(lambda one: _manifest(store, dataset.kafka_topic, one[2]), held))
    promises = [
        _promise(manifest) if manifest else Promise(entry.data_key)
        for (_, _, entry), manifest in zip(held, read, strict=True)
    ]
    wrong = unkept(store, promises)
    found: list[Gap] = []
    for (batch_id, status, entry), manifest in zip(held, read, strict=True):
        if fact := wrong.get(entry.data_key):
            key = key_of(
                dataset.kafka_topic, entry.topic_id, entry.partition, entry.expected_offset
            )
            found.append(of_object(_unproven(entry, batch_id), fact, key))
        if manifest and status == "BLOCKED":
            found += _retention(manifest, entry.generation, batch_id, known)
    return found


def of_object(held: UnprovenObject, fact: str, manifest_key: str | None = None) -> Gap:
    """Return the gap of an object that a batch holds."""
    return Gap(
        kind=GapKind.MISSING_OBJECT,
        topic_id=held.topic_id,
        generation=held.generation,
        partition=held.partition,
        first_offset=held.first_offset,
        last_offset=held.last_offset,
        missing=held.record_count,
        fact=fact,
        data_key=held.data_key,
        manifest_key=manifest_key,
        batch_id=held.batch_id,
    )


def _unproven(held: AdmittedObject, batch_id: int) -> UnprovenObject:
    names = [name for name in UnprovenObject.__slots__ if name != "batch_id"]
    return UnprovenObject(batch_id=batch_id, **{name: getattr(held, name) for name in names})


def _manifest(store: Store, topic: str, held: AdmittedObject) -> Manifest | None:
    key = key_of(topic, held.topic_id, held.partition, held.expected_offset)
    document = store.document_or_none(key)
    return from_document(key, document) if document else None


def _promise(manifest: Manifest) -> Promise:
    return Promise(manifest.data_key, manifest.bytes, manifest.etag, manifest.sha256)


def _lost(topic: str, manifest: Manifest, generation: int, batch_id: int | None, fact: str) -> Gap:
    return Gap(
        kind=GapKind.MISSING_OBJECT,
        topic_id=manifest.topic_id,
        generation=generation,
        partition=manifest.partition,
        first_offset=manifest.first_offset,
        last_offset=manifest.last_offset,
        missing=manifest.record_count,
        fact=fact,
        data_key=manifest.data_key,
        manifest_key=key_of(
            topic, manifest.topic_id, manifest.partition, manifest.expected_offset
        ),
        batch_id=batch_id,
    )


def _retention(
    manifest: Manifest, generation: int, batch_id: int | None, known: Sequence[AcceptedGap]
) -> list[Gap]:
    if not manifest.may_have_lost or any(gap.is_loss_of(manifest) for gap in known):
        return []
    first, last = manifest.lost_range
    return [
        Gap(
            kind=GapKind.RETENTION_LOSS,
            topic_id=manifest.topic_id,
            generation=generation,
            partition=manifest.partition,
            first_offset=first,
            last_offset=last,
            missing=manifest.unexplained,
            fact="Kafka had removed records before they were landed",
            batch_id=batch_id,
        )
    ]
