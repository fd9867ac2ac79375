"""
Judges batches again that the registry forgot, with the boundaries, numbers and times that bronze remembers.

Each batch goes through the guard's own judge and the guard's own transaction. What a person decided then
shows in bronze: a BREAKING batch whose rows are all there was approved, one that lacks the misfits rejected.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import aiosql
import psycopg

from metastore_sync import lease
from metastore_sync import registry as declarations
from metastore_sync.errors import BrokenError
from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import accepted, admission, decide, errors, removed
from schema_guard.batches import Batch
from schema_guard.chains import Cursor, Hole, Link, open_chains
from schema_guard.check import judge_now
from schema_guard.edges import registry
from schema_guard.edges.registry import BatchRow, Connection
from schema_guard.edges.s3 import Store
from schema_guard.loaded import Loaded, Members, Place, members, place_of
from schema_guard.reading import rules_of, source_of
from schema_guard.rejections import judging, notes, replayed
from schema_guard.rejections.notes import ReplayNote
from schema_guard.report import Status
from schema_guard.scan_pool import scan_batch

#: The statements of `sql/rebuild.sql` as functions.
QUERIES: Any = aiosql.from_path(Path(__file__).parent / "sql" / "rebuild.sql", "psycopg")
ACTOR = "registry rebuild"
_BY = decide.Decider(ACTOR, "bronze holds the batch like this; who decided, and why, is lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuiltBatch:
    """
    A batch as it was rebuilt.

    Attributes:
        decision: `approve` or `reject` when bronze shows that a person decided so; else empty.
        bronze_version: The schema version in bronze's rows where it is another one; else None.
    """

    batch_id: int
    schema_version: int
    verdict: str
    decision: str
    record_count: int
    rejected_count: int
    bronze_version: int | None = None


def newest_batch(conn: Connection, name: str) -> int:
    """Return the number of the newest batch that the registry holds; 0 for none."""
    return int(QUERIES.last_batch_id(conn, dataset=name))


def rebuild(settings: Settings, conn: Connection, dataset: Dataset, loaded: Loaded) -> Iterator[RebuiltBatch]:
    """
    Write the batches that bronze has applied and the registry lacks, inside the caller's transaction.

    Raises:
        BrokenError: Bronze and the raw zone do not explain each other; the caller rolls back.
        LeaseLostError: Somebody works on the dataset.
    """
    name = dataset.name
    token = lease.take_within(conn, name, lease.this_holder("rebuild"))
    work = _Rebuild(settings, conn, dataset, loaded, token=token)
    after = newest_batch(conn, name)
    if decided := work.waiting():
        yield decided
    replays = replayed.found(Store(settings), dataset.kafka_topic, loaded, after)
    chains = _chains(settings, conn, dataset, loaded)
    wanted = members(chains, loaded, after, replays)
    _check_kept(settings, dataset, wanted)
    for batch_id in range(after + 1, loaded.upto + 1):
        if note := replays.get(batch_id):
            yield work.replay(note)
        else:
            yield work.batch(batch_id, wanted[batch_id])
    declarations.audit(conn, name, actor=ACTOR, action="rebuild", after=after, upto=loaded.upto)
    lease.release_within(conn, name, token)


def _chains(settings: Settings, conn: Connection, dataset: Dataset, loaded: Loaded) -> list[list[Link]]:
    """Follow the chains behind the registry's cursors, the generations numbered as bronze has them."""
    known = registry.cursors(conn, dataset.name)
    there = {(cursor.topic_id, cursor.partition) for cursor in known}
    numbers = {r.topic_id: r.generation for r in loaded.ranges} | {c.topic_id: c.generation for c in known}
    lacking = {r.place: r for r in loaded.ranges if r.place not in there}.values()
    begun = [
        Cursor(topic_id=r.topic_id, generation=r.generation, partition=r.partition, next_offset=0)
        for r in lacking
    ]
    store, losses = Store(settings), accepted.of(conn, dataset.name)
    fresh = [_whole(chain) for chain in open_chains(store, dataset.kafka_topic, known, losses)]
    told = {links[0].cursor.topic_id: links[0].cursor.generation for links in fresh if links}
    if all(numbers.get(topic_id, number) == number for topic_id, number in told.items()):
        # A generation of nothing but rejected records is known to nobody but the order of landing.
        return fresh
    chains = open_chains(store, dataset.kafka_topic, [*known, *begun], losses)
    return [_whole(chain) for chain in chains]


def _check_kept(settings: Settings, dataset: Dataset, wanted: dict[int, Members]) -> None:
    """Refuse batches whose objects retention removed: only a backup knows how they were judged."""
    store = Store(settings)
    get = cache(store.document_or_none)
    for batch_id, held in wanted.items():
        keys = [link.manifest.data_key for link in (*held.sure, *held.perhaps)]
        gone = [key for key in keys if removed.is_removed(get, key) and not store.has(key)]
        if gone:
            raise errors.removed_by_retention(dataset.name, batch_id, gone)


def _whole(chain: Iterator[Link | Hole]) -> list[Link]:
    """Return the links up to a hole; rows behind one are missed when they are counted."""
    return [link for link in chain if isinstance(link, Link)]


def _none(_: Iterable[Link]) -> list[Link]:
    return []


class _Rebuild:
    """The rebuild of one dataset; remembers which chains go on behind what bronze has loaded."""

    def __init__(
        self, settings: Settings, conn: Connection, dataset: Dataset, loaded: Loaded, *, token: int
    ) -> None:
        self._settings = settings
        self._conn = conn
        self._dataset = dataset
        self._held = loaded.by_batch()
        self._upto = loaded.upto
        self._token = token
        self._left: set[Place] = set()

    def batch(self, batch_id: int, held: Members) -> RebuiltBatch:
        """Record one batch under the first explanation that gives bronze's number of rows."""
        perhaps = [link for link in held.perhaps if place_of(link) not in self._left]
        tried: list[list[Link]] = [[]]
        for choose in (list, self._unreadable, _none):
            links = [*held.sure, *choose(perhaps)]
            if links in tried:
                continue
            tried.append(links)
            for is_rejected in (False, True):
                if row := self._try(batch_id, links, is_rejected=is_rejected):
                    self._left |= {place_of(link) for link in perhaps if link not in links}
                    return row
        manifests = [link.manifest for link in (*held.sure, *perhaps)]
        records = sum(manifest.record_count for manifest in manifests)
        raise self._unexplained(batch_id, records, [manifest.data_key for manifest in manifests])

    def replay(self, note: ReplayNote) -> RebuiltBatch:
        """Record a replay batch: judged like then, and nothing of it can be replayed again."""
        with tempfile.TemporaryDirectory(prefix="tidegate-guard-") as folder:
            judged = judging.judge(self._settings, self._conn, self._dataset, note.objects, Path(folder))
            replayed.record(self._conn, self._token, judged, note, actor=ACTOR)
        row = registry.batch(self._conn, self._dataset.name, note.batch_id)
        rows = 0 if row is None else row.record_count - row.rejected_count
        if row is None or (0 if note.is_silver_only else rows) != self._rows(note.batch_id):
            raise self._unexplained(
                note.batch_id, len(note.records), [held.data_key for held in note.objects]
            )
        self._date(note.batch_id, notes.landed_at(note))
        return self._told(row, "")

    def _try(self, batch_id: int, links: list[Link], *, is_rejected: bool) -> RebuiltBatch | None:
        """Record the batch; undo it and return None when bronze holds another number of rows."""
        with self._conn.transaction() as attempt:
            recorded = self._record(Batch(tuple(links)))
            decision = "" if recorded.status is Status.ADMITTED else "reject" if is_rejected else "approve"
            row = self._settled(batch_id, recorded.version, decision)
            if row is None:
                raise psycopg.Rollback(attempt)
            self._date(batch_id, max(link.manifest.landed_at for link in links))
            return self._told(row, decision)
        return None

    def waiting(self) -> RebuiltBatch | None:
        """Decide about a batch that waits in a restored registry, though bronze has it; None without one."""
        name = self._dataset.name
        blocked = registry.blocked_batch(self._conn, name)
        if blocked is None or blocked.batch_id > self._upto:
            return None
        objects = registry.objects(self._conn, name, blocked.batch_id)
        for decision in ("approve", "reject"):
            with self._conn.transaction() as attempt:
                row = self._settled(blocked.batch_id, blocked.schema_version, decision)
                if row is None:
                    raise psycopg.Rollback(attempt)
                self._date(blocked.batch_id, max(held.landed_at for held in objects))
                return self._told(row, decision)
        raise self._unexplained(
            blocked.batch_id, blocked.record_count, [held.data_key for held in objects]
        )

    def _settled(self, batch_id: int, version: int, decision: str) -> BatchRow | None:
        """Decide, if there is something to decide; None when bronze holds another number of rows."""
        if decision:
            self._decide(version, decision)
        row = registry.batch(self._conn, self._dataset.name, batch_id)
        if row is None or row.record_count - row.rejected_count != self._rows(batch_id):
            return None
        return row

    def _unreadable(self, links: Iterable[Link]) -> list[Link]:
        """Return, per chain, those objects of nothing but rejected records that no other one precedes."""
        found, ended = [], set()
        rules = rules_of(self._dataset)
        for link in links:
            source = source_of(link.manifest, link.cursor.generation)
            with tempfile.TemporaryDirectory(prefix="tidegate-guard-") as folder:
                scan = scan_batch(self._settings, [source], rules, Path(folder))
            if scan.rejected_count < scan.record_count:
                ended.add(place_of(link))
            if place_of(link) not in ended:
                found.append(link)
        return found

    def _rows(self, batch_id: int) -> int:
        return sum(held.rows for held in self._held.get(batch_id, ()))

    def _record(self, batch: Batch) -> admission.Admission:
        with tempfile.TemporaryDirectory(prefix="tidegate-guard-") as folder:
            losses = accepted.of(self._conn, self._dataset.name)
            judged = judge_now(
                self._settings, self._conn, self._dataset, batch, Path(folder), losses=losses
            )
            return admission.record(self._conn, self._token, batch, judged, actor=ACTOR)

    def _decide(self, version: int, decision: str) -> None:
        if decision == "approve":
            decide.approve_waiting(
                self._settings, self._conn, self._token, self._dataset.name, version=version, by=_BY
            )
        else:
            decide.reject_waiting(
                self._settings, self._conn, self._token, self._dataset, version=version, by=_BY
            )

    def _date(self, batch_id: int, landed_at: datetime) -> None:
        """Write the times of then; a batch without rows was admitted after its last object landed."""
        held = self._held.get(batch_id)
        at = held[0].ingested_at if held else landed_at
        name = self._dataset.name
        QUERIES.date_batch(self._conn, dataset=name, batch_id=batch_id, at=at)
        QUERIES.date_rejected(self._conn, dataset=name, batch_id=batch_id, at=at)
        QUERIES.date_replayed(self._conn, dataset=name, batch_id=batch_id, at=at)
        QUERIES.date_versions(self._conn, dataset=name, at=at)

    def _told(self, row: BatchRow, decision: str) -> RebuiltBatch:
        held = self._held.get(row.batch_id)
        version = held[0].schema_version if held else row.schema_version
        return RebuiltBatch(
            batch_id=row.batch_id,
            schema_version=row.schema_version,
            verdict=row.verdict,
            decision=decision,
            record_count=row.record_count,
            rejected_count=row.rejected_count,
            bronze_version=version if version != row.schema_version else None,
        )

    def _unexplained(self, batch_id: int, records: int, data_keys: list[str]) -> BrokenError:
        name, rows = self._dataset.name, self._rows(batch_id)
        return BrokenError(
            f"{name}: batch {batch_id} cannot be rebuilt: {rows} rows in bronze do not follow from its"
            f" {records} landed records, neither with nor without those that break the schema",
            where="\n".join(data_keys[:5]) or "no landed object can be its own; was a manifest removed?",
            not_done=f"Nothing of {name} was rebuilt.",
            next_command="tidegate registry restore FILE",
        )
