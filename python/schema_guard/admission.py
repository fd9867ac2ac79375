"""The one transaction that records a judged batch: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from metastore_sync import lease
from metastore_sync import registry as declarations
from metastore_sync.model import Dataset, DatasetState
from schema_guard import errors, replay_errors
from schema_guard.batches import Batch
from schema_guard.chains import Cursor
from schema_guard.core import classify
from schema_guard.core.ddl import columns, spark_ddl
from schema_guard.core.finding import Code, Finding, Verdict
from schema_guard.core.infer import Inference
from schema_guard.core.presence import without
from schema_guard.core.schema import Schema, finalise
from schema_guard.edges import registry, rejected
from schema_guard.edges.registry import Connection, Version
from schema_guard.judge import Judged, criteria_of
from schema_guard.report import Status
from schema_guard.sql import QUERIES

#: Who the audit log names when no person decided.
ACTOR = "schema_guard"


@dataclass(frozen=True, slots=True)
class Admission:
    """What the registry holds now: the batch's number, its status and its version."""

    batch_id: int
    status: Status
    version: int


def record(
    conn: Connection,
    token: int,
    batch: Batch,
    judged: Judged,
    *,
    actor: str = ACTOR,
    is_silver_only: bool = False,
    also: Callable[[int], None] | None = None,
) -> Admission:
    """
    Record a judged batch under the next number.

    Args:
        conn: To the registry.
        token: Of the dataset's lease.
        batch: Its links; a replay batch has none, and moves no cursor.
        judged: What the guard made of it.
        actor: Whom the audit log names.
        is_silver_only: Of a replay: bronze holds its records, only silver reads them again.
        also: Writes what belongs to the same transaction; is given the batch's number.

    Raises:
        LeaseLostError: Another guard holds the dataset; nothing was written.
        BrokenError: The registry moved on since the batch was judged; nothing was written.
        UsageError: The dataset was paused or retired meanwhile; nothing was written.
    """
    name = judged.dataset.name
    with conn.transaction():
        lease.lock(conn, name, token)
        _check_unmoved(conn, judged, batch)
        version = _version(conn, judged)
        last = QUERIES.last_batch(conn, dataset=name) or {"batch_id": 0, "next_watermark": None}
        batch_id = last["batch_id"] + 1
        _insert_batch(conn, judged, batch_id, version, last["next_watermark"])
        _insert_objects(
            conn, judged, batch_id, is_replay=not batch.links, is_silver_only=is_silver_only
        )
        rejected.copy(conn, name, batch_id, rejected.read(judged.scan.rejected_files))
        _advance(conn, name, batch)
        _remember(conn, judged)
        _conclude(conn, judged, batch_id, version, actor)
        if also is not None:
            also(batch_id)
    return Admission(batch_id, status_of(judged), version)


def status_of(judged: Judged) -> Status:
    """Return what a verdict makes of its batch."""
    return Status.BLOCKED if judged.verdict is Verdict.BREAKING else Status.ADMITTED


def found_again(conn: Connection, name: str, batch: Batch) -> Admission | None:
    """Return the batch as the registry holds it; None when it was never committed."""
    first = batch.links[0].manifest
    row = QUERIES.batch_of_range(
        conn,
        dataset=name,
        topic_id=first.topic_id,
        partition=first.partition,
        first_offset=first.first_offset,
    )
    known = registry.batch(conn, name, row["batch_id"]) if row else None
    if known is None:
        return None
    held = {found.data_key for found in registry.objects(conn, name, known.batch_id)}
    if held != {link.manifest.data_key for link in batch.links}:
        # Another guard was there first and drew the line elsewhere.
        cursor = batch.links[0].cursor
        raise errors.cursor_moved(name, cursor.topic_id, cursor.partition, cursor.next_offset)
    return Admission(known.batch_id, Status(known.status), known.schema_version)


def _check_unmoved(conn: Connection, judged: Judged, batch: Batch) -> None:
    """Refuse when what the batch was judged against is no longer so."""
    name = judged.dataset.name
    state = DatasetState(QUERIES.dataset_state(conn, dataset=name)["state"])
    if state in (DatasetState.PAUSED, DatasetState.RETIRED):
        raise errors.not_checked(name, state)
    # The batch is the truth, not the state: a pause and a resume may have hidden that one is BLOCKED.
    if registry.blocked_batch(conn, name) is not None:
        if not batch.links:
            raise replay_errors.overtakes(name, "a batch is BLOCKED")
        cursor = batch.links[0].cursor
        raise errors.cursor_moved(name, cursor.topic_id, cursor.partition, cursor.next_offset)
    active = registry.active_version(conn, name)
    then, now = judged.active and judged.active.number, active and active.number
    if then != now:
        raise errors.judged_against_another(name, "the ACTIVE version", then, now)
    declared = declarations.dataset(conn, name)
    if declared.dataset != judged.dataset:
        now_declared = f"revision {declared.revision}"
        raise errors.judged_against_another(name, "the declaration", "as judged", now_declared)


def _version(conn: Connection, judged: Judged) -> int:
    """Return the number of the version that the batch belongs to; make or revive it if needed."""
    if judged.verdict is Verdict.NONE and judged.active is not None:
        return judged.active.number
    name = judged.dataset.name
    known = registry.version_of(conn, name, judged.schema)
    if known is not None and known.status == "ACTIVE":
        return known.number
    values: dict[str, Any] = {
        "dataset": name,
        "status": "BLOCKED" if judged.verdict is Verdict.BREAKING else "ACTIVE",
        "verdict": judged.verdict.value,
        "findings": _findings(judged),
        "base_version": judged.active and judged.active.number,
    }
    if values["status"] == "ACTIVE":
        QUERIES.supersede_active(conn, dataset=name)
    if known is not None:
        QUERIES.judge_version_again(conn, version=known.number, **values)
        return known.number
    return int(QUERIES.insert_version(conn, **_content(judged.schema), **values)["version"])


def version_of_rest(conn: Connection, dataset: Dataset, refused: Version, rest: Inference) -> Version:
    """Return a first version, ACTIVE, of the records that the contract allows; the refused one if equal."""
    schema = finalise(rest)
    if schema.fingerprint == refused.fingerprint:
        return refused
    judgement = classify.judge(None, rest, criteria_of(dataset))
    row = QUERIES.insert_version(
        conn,
        dataset=dataset.name,
        status="ACTIVE",
        verdict=judgement.verdict.value,
        findings=Jsonb([finding.to_document() for finding in judgement.findings]),
        base_version=None,
        **_content(schema),
    )
    number = int(row["version"])
    return Version(
        number=number, status="ACTIVE", fingerprint=schema.fingerprint, schema=schema, base=None
    )


def _content(schema: Schema) -> dict[str, Any]:
    return {
        "fingerprint": schema.fingerprint,
        "schema": Jsonb(schema.to_document()),
        "ddl": spark_ddl(schema),
        "columns": Jsonb(columns(schema)),
    }


def _insert_batch(conn: Connection, judged: Judged, batch_id: int, version: int, watermark: object) -> None:
    scan = judged.scan
    QUERIES.insert_batch(
        conn,
        dataset=judged.dataset.name,
        batch_id=batch_id,
        status=status_of(judged).value,
        schema_version=version,
        verdict=judged.verdict.value,
        findings=_findings(judged),
        record_count=scan.record_count,
        rejected_count=scan.rejected_count,
        value_bytes=scan.value_bytes,
        content_hash=scan.content_hash,
        max_event_time=scan.max_event_time,
        watermark=watermark,
    )


def _insert_objects(
    conn: Connection, judged: Judged, batch_id: int, *, is_replay: bool, is_silver_only: bool
) -> None:
    QUERIES.insert_object(
        conn,
        [
            {
                "dataset": judged.dataset.name,
                "batch_id": batch_id,
                "data_key": source.data_key,
                "topic_id": source.topic_id,
                "generation": source.generation,
                "partition": source.partition,
                "first_offset": source.first_offset,
                "last_offset": source.last_offset,
                "record_count": source.record_count,
                "landed_at": source.landed_at,
                "is_replay": is_replay,
                "is_silver_only": is_silver_only,
            }
            for source in judged.sources
        ],
    )


def _advance(conn: Connection, name: str, batch: Batch) -> None:
    for begin, end in _ranges(batch):
        place = {"dataset": name, "topic_id": begin.topic_id, "partition": begin.partition}
        QUERIES.begin_cursor(conn, generation=begin.generation, from_offset=begin.next_offset, **place)
        moved = QUERIES.advance_cursor(conn, from_offset=begin.next_offset, to_offset=end, **place)
        if moved != 1:
            raise errors.cursor_moved(name, begin.topic_id, begin.partition, begin.next_offset)


def _ranges(batch: Batch) -> Iterator[tuple[Cursor, int]]:
    """Yield, per partition, where the batch begins and the offset behind it."""
    first: dict[tuple[str, int], Cursor] = {}
    behind: dict[tuple[str, int], int] = {}
    for link in batch.links:
        place = (link.cursor.topic_id, link.cursor.partition)
        first.setdefault(place, link.cursor)
        behind[place] = link.manifest.next_offset
    # One order for all guards, so that two of them never wait for each other.
    for place in sorted(first):
        yield first[place], behind[place]


def _remember(conn: Connection, judged: Judged) -> None:
    """Keep presence: of an admitted batch at once, of a BLOCKED one until somebody decides."""
    name = judged.dataset.name
    if status_of(judged) is Status.BLOCKED:
        registry.put_pending_ledger(conn, name, judged.ledger)
    else:
        registry.put_ledger(conn, name, without(judged.ledger, removed(judged.findings)))


def removed(findings: Iterable[Finding]) -> frozenset[str]:
    """Return the pointers of fields that are gone: once a batch is admitted, news if they return."""
    return frozenset(finding.pointer for finding in findings if finding.code is Code.FIELD_REMOVED)


def _conclude(conn: Connection, judged: Judged, batch_id: int, version: int, actor: str) -> None:
    name = judged.dataset.name
    status = status_of(judged)
    if status is Status.BLOCKED:
        why = f"batch {batch_id} is BLOCKED"
        declarations.set_state(conn, name, DatasetState.BLOCKED, actor=actor, why=why)
    declarations.audit(
        conn,
        name,
        actor=actor,
        action="check",
        batch_id=batch_id,
        status=status.value,
        schema_version=version,
        verdict=judged.verdict.value,
    )


def _findings(judged: Judged) -> Jsonb:
    return Jsonb([finding.to_document() for finding in judged.findings])
