"""
Lands exactly a lost range again: reads it from Kafka, compares it with what was landed, puts it back.

An object goes back under its own key, so that whoever reads by that key (bronze, the guard) finds it again.
Its manifest never changes: either the same bytes come out, or a document of the replay vouches for the
others (`replacement.py`). A manifest goes back to its place in the chain under the sink's own rule,
`If-None-Match: *`. Everything is compared before anything is written.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from metastore_sync import lease
from metastore_sync import registry as declarations
from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import (
    accepted,
    batch_hash,
    errors,
    gap_errors,
    gaps,
    lost_lines,
    replacement,
    restored_manifest,
)
from schema_guard.accept_gap import OffsetRange, settle
from schema_guard.accepted import Connection, GapKind
from schema_guard.edges import kafka, registry
from schema_guard.edges.s3 import Store
from schema_guard.gaps import Gap
from schema_guard.lost_lines import Packed, Spool, Totals
from schema_guard.manifests import key_of

#: How Connect's consumers read unless their connector says otherwise.
_ISOLATION = "read_uncommitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """
    One object that was landed again.

    Attributes:
        is_same_bytes: Whether the stored bytes are those that were lost, by SHA-256; else the same lines,
            compressed otherwise, with a document of the replay.
        checked: What was compared before anything was written.
    """

    dataset: str
    topic_id: str
    partition: int
    first_offset: int
    last_offset: int
    record_count: int
    data_key: str
    batch_id: int | None
    is_same_bytes: bool
    checked: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def replay(
    settings: Settings, name: str, wanted: OffsetRange | str, actor: str, why: str = ""
) -> list[Replayed]:
    """
    Land the lost objects of a range again, or the one of a data key.

    Raises:
        UsageError: Nothing is lost there: the object is there and whole, or the range is no lost one.
        VerdictError: Kafka no longer holds the records, holds others, or the topic was created again.
        BrokenError: A part is away; the same command may succeed later.
    """
    with declarations.connect(settings) as conn:
        dataset = declarations.dataset(conn, name).dataset
        with lease.hold(conn, name, lease.this_holder("replay")) as token:
            work = _Replay(settings, conn, dataset, token=token, actor=actor, why=why)
            return [work.one(gap) for gap in work.chosen(wanted)]


class _Replay:
    """One replay under the dataset's lease."""

    def __init__(
        self,
        settings: Settings,
        conn: Connection,
        dataset: Dataset,
        *,
        token: int,
        actor: str,
        why: str,
    ) -> None:
        self._settings = settings
        self._conn = conn
        self._dataset = dataset
        self._token = token
        self._actor = actor
        self._why = why
        self._store = Store(settings)

    def chosen(self, wanted: OffsetRange | str) -> list[Gap]:
        """Return the gaps that fill the range from end to end; none may reach over its ends."""
        found = gaps.find(self._store, self._conn, self._dataset)
        lost = [gap for gap in found if gap.kind is not GapKind.RETENTION_LOSS]
        if isinstance(wanted, str):
            inside = [gap for gap in lost if gap.data_key == wanted]
            is_exact = bool(inside)
        else:
            inside = [gap for gap in lost if _is_inside(gap, wanted)]
            is_exact = _fills(inside, wanted)
        if not is_exact:
            raise self._nothing_lost(wanted, found)
        return inside

    def one(self, gap: Gap) -> Replayed:
        """Land one lost object, or one missing place of the chain, again."""
        begin = self._begin(gap)
        uuid = self._kafka_still_has(gap, begin)
        isolation = self._dataset.connector.get("consumer.override.isolation.level", _ISOLATION)
        records = kafka.records(
            self._settings,
            self._dataset.kafka_topic,
            gap.partition,
            begin,
            gap.last_offset,
            isolation=isolation,
        )
        with lost_lines.spooled(records) as spool:
            if gap.kind is GapKind.MISSING_MANIFEST:
                return self._place(gap, spool, uuid)
            return self._object(gap, spool)

    def _object(self, gap: Gap, spool: Spool) -> Replayed:
        assert gap.data_key  # noqa: S101  a lost object has a key
        assert gap.manifest_key  # noqa: S101
        manifest = self._store.document(gap.manifest_key)
        checked = [self._same_totals(gap, Totals.of_manifest(manifest), spool)]
        if gap.batch_id is not None and (told := self._same_content(gap, spool)):
            checked.append(told)
        is_gzip = manifest["compression"] == "gzip"
        with lost_lines.packed(spool, is_gzip=is_gzip, promised=manifest["sha256"]) as stored:
            is_same = stored.sha256 == manifest["sha256"]
            self._put(gap.data_key, gap.manifest_key, stored, is_same=is_same)
        return self._done(gap, gap.data_key, spool, checked, is_same=is_same)

    def _put(
        self, data_key: str, manifest_key: str, stored: Packed, *, is_same: bool
    ) -> None:
        etag = self._store.upload(data_key, stored.file, stored.size)
        if self._store.sha256(data_key) != stored.sha256:
            raise errors.object_differs(
                self._dataset.name, data_key, "sha256", stored.sha256, "other bytes after the upload"
            )
        document_key = replacement.key_of(data_key)
        if is_same or document_key is None:
            return
        written = replacement.document(
            manifest_key,
            data_key,
            replacement.Stored(stored.size, stored.sha256, etag),
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            actor=self._actor,
            why=self._why,
        )
        self._store.put_document(document_key, written)

    def _place(self, gap: Gap, spool: Spool, uuid: UUID) -> Replayed:
        """Fill a missing place of the chain with an object and a manifest of its own."""
        totals = spool.totals
        if totals is None or totals.last_offset != gap.last_offset:
            last = totals.last_offset if totals else "none"
            why = f"its last record is gone from Kafka: offset {gap.last_offset} → {last} (compaction)"
            raise self._refused(gap, why)
        topic = self._dataset.kafka_topic
        log = kafka.log_range(self._settings, topic, gap.partition)
        with lost_lines.packed(spool, is_gzip=True) as stored:
            made = restored_manifest.of(
                topic,
                uuid,
                gap,
                totals,
                stored,
                neighbour=self._store.document(self._neighbour(gap)),
                log_start=log.begin,
                attempt=secrets.token_hex(4),
            )
            data_key = made["data_key"]
            made["etag"] = self._store.upload(data_key, stored.file, stored.size)
        assert gap.manifest_key  # noqa: S101  a missing manifest has a place
        if not self._store.put_document(gap.manifest_key, made, only_new=True):
            raise self._refused(gap, "somebody else has just filled this place of the chain")
        counted = f"{totals.record_count} records, first and last offset"
        return self._done(gap, data_key, spool, [counted], is_same=False)

    def _neighbour(self, gap: Gap) -> str:
        """Return the key of the manifest behind the hole: it knows the chain's start."""
        return key_of(
            self._dataset.kafka_topic, gap.topic_id, gap.partition, gap.last_offset + 1
        )

    def _begin(self, gap: Gap) -> int:
        """Return the first offset that was ever promised: a chain may begin behind 0."""
        if gap.kind is not GapKind.MISSING_MANIFEST:
            return gap.first_offset
        chain_start = self._store.document(self._neighbour(gap))["chain_start_offset"]
        return max(gap.first_offset, int(chain_start))

    def _kafka_still_has(self, gap: Gap, begin: int) -> UUID:
        """Refuse what Kafka cannot give back as it was, before anything is read."""
        topic = self._dataset.kafka_topic
        if self._dataset.connector.get("transforms"):
            raise self._refused(gap, "the connector transforms records, and Kafka holds the originals")
        uuid = kafka.topic_uuid(self._settings, topic)
        if uuid is None or uuid.hex[:8] != gap.topic_id:
            now = "gone" if uuid is None else f"created again: topic id {gap.topic_id} → {uuid.hex[:8]}"
            raise self._refused(gap, f"the topic is {now}")
        log = kafka.log_range(self._settings, topic, gap.partition)
        if log.begin > begin:
            raise self._refused(gap, f"Kafka no longer holds it, its log begins at offset {log.begin}")
        return uuid

    def _same_totals(self, gap: Gap, promised: Totals, spool: Spool) -> str:
        if spool.totals is None:
            raise self._refused(gap, "Kafka holds none of its records any more (compaction)")
        if different := promised.differences(spool.totals):
            why = f"Kafka holds other records than were landed (compaction): {', '.join(different)}"
            raise self._refused(gap, why)
        return "count, offsets, timestamps and sizes of lines and values"

    def _same_content(self, gap: Gap, spool: Spool) -> str:
        """Compare the batch's content hash; say nothing while other objects of the batch are lost too."""
        assert gap.batch_id is not None  # noqa: S101  asked of judged objects only
        name, batch_id = self._dataset.name, gap.batch_id
        found = gaps.find(self._store, self._conn, self._dataset)
        lost = {other.data_key for other in found if other.batch_id == batch_id and other.data_key}
        given_up = [one for one in accepted.of(self._conn, name) if one.batch_id == batch_id]
        if lost != {gap.data_key} or given_up:
            return ""
        rejected = batch_hash.rejected_of(self._conn, name, batch_id)
        mine = batch_hash.of_lines(spool.lines(), gap.topic_id, rejected).content_hash
        rest = batch_hash.of_others(
            self._store, self._conn, name, batch_id, {str(gap.data_key)}
        ).content_hash
        promised = registry.content_hash(self._conn, name, batch_id)
        if mine + rest != promised:
            why = f"the content hash of batch {batch_id} would change: {promised} → {mine + rest}"
            raise self._refused(gap, why)
        return f"content hash of batch {batch_id}"

    def _done(
        self, gap: Gap, data_key: str, spool: Spool, checked: Sequence[str], *, is_same: bool
    ) -> Replayed:
        name = self._dataset.name
        assert spool.totals  # noqa: S101  nothing empty is landed
        done = Replayed(
            dataset=name,
            topic_id=gap.topic_id,
            partition=gap.partition,
            first_offset=gap.first_offset,
            last_offset=gap.last_offset,
            record_count=spool.totals.record_count,
            data_key=data_key,
            batch_id=gap.batch_id,
            is_same_bytes=is_same,
            checked=tuple(checked),
        )
        with self._conn.transaction():
            lease.lock(self._conn, name, self._token)
            if gap.batch_id is not None:
                settle(self._store, self._conn, name, gap.batch_id)
            detail = {key: value for key, value in done.to_json().items() if key != "dataset"}
            declarations.audit(
                self._conn, name, actor=self._actor, action="replay", why=self._why, **detail
            )
        return done

    def _refused(self, gap: Gap, why: str) -> Exception:
        accept = gap.command("accept-gap", self._dataset.name) + ' --why "…"'
        return gap_errors.not_replayed(self._dataset.name, gap.place, why, accept)

    def _nothing_lost(self, wanted: OffsetRange | str, found: Sequence[Gap]) -> Exception:
        name, known = self._dataset.name, [gap.place for gap in found]
        if not isinstance(wanted, str):
            return gap_errors.no_such_gap(name, str(wanted), known)
        promise = gaps.Promise(wanted)
        if gaps.unkept(self._store, [promise]):
            return gap_errors.not_needed(name, wanted)
        return gap_errors.object_whole(name, wanted)


def _is_inside(gap: Gap, wanted: OffsetRange) -> bool:
    is_inside = wanted.first_offset <= gap.first_offset and gap.last_offset <= wanted.last_offset
    is_there = gap.partition == wanted.partition and wanted.topic_id in (None, gap.topic_id)
    return is_inside and is_there


def _fills(inside: Sequence[Gap], wanted: OffsetRange) -> bool:
    if not inside or len({gap.topic_id for gap in inside}) > 1:
        return False
    ends = (inside[0].first_offset, inside[-1].last_offset)
    return ends == (wanted.first_offset, wanted.last_offset)
