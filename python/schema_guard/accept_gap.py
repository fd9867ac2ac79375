"""
Accepts a loss that nothing can undo: who, when, why and exactly which range, in the registry.

From then on the guard goes on behind the range, bronze reads without the lost object, and receipts count
what was given up. A batch that was BLOCKED by accepted losses alone is admitted.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from metastore_sync import lease, snapshot
from metastore_sync import registry as declarations
from metastore_sync.errors import BrokenError
from metastore_sync.model import Dataset, DatasetState
from metastore_sync.settings import Settings
from schema_guard import accepted, batch_hash, decide, gap_errors, gaps
from schema_guard.accepted import QUERIES, AcceptedGap, Connection
from schema_guard.core.finding import Code, Severity
from schema_guard.edges import registry
from schema_guard.edges.s3 import Store
from schema_guard.gaps import Gap

_NO_LOSS = {"record_count": 0, "rejected_count": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetRange:
    """A range of one partition as people write it; both ends included; no topic id means any."""

    partition: int
    first_offset: int
    last_offset: int
    topic_id: str | None = None

    def __str__(self) -> str:
        """Return the range as people read it."""
        return f"partition {self.partition}, offsets {self.first_offset}…{self.last_offset}"

    def is_of(self, gap: Gap | AcceptedGap) -> bool:
        """Return whether a gap is exactly this range."""
        mine = (self.partition, self.first_offset, self.last_offset)
        is_same = mine == (gap.partition, gap.first_offset, gap.last_offset)
        return is_same and self.topic_id in (None, gap.topic_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """
    What was accepted, and what became of it.

    Attributes:
        is_new: False when it had been accepted before; then nothing was written.
        admitted_batch: The batch that this loss alone had blocked, and that is admitted now.
        still_blocked_by: The version that other findings of that batch still block.
    """

    dataset: str
    gap: AcceptedGap
    is_new: bool
    admitted_batch: int | None = None
    still_blocked_by: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the acceptance as plain JSON values."""
        return {**asdict(self), "gap": self.gap.to_json()}


def accept(settings: Settings, name: str, wanted: OffsetRange, actor: str, why: str) -> Acceptance:
    """
    Accept exactly one open gap.

    Raises:
        UsageError: The range is no gap, or name or reason is empty; nothing was written.
        BrokenError: Registry or store is away.
    """
    for given, missing in ((actor, "the name of who accepts it"), (why, "a reason (--why)")):
        if not given.strip():
            raise gap_errors.no_reason_for_gap(name, missing)
    with declarations.connect(settings) as conn:
        dataset = declarations.dataset(conn, name).dataset
        with lease.hold(conn, name, lease.this_holder("accept-gap")) as token:
            is_new = not _known(conn, name, wanted)
            if is_new:
                _write(settings, conn, dataset, wanted, token=token, actor=actor, why=why)
        row = declarations.dataset(conn, name)
        (gap,) = _known(conn, name, wanted)[-1:]
        waiting = _still_breaking(settings, conn, dataset) if row.state is DatasetState.BLOCKED else None
        snapshot.write(settings, conn)
    if waiting is None:
        return Acceptance(dataset=name, gap=gap, is_new=is_new)
    batch_id, version, others = waiting
    if others:
        return Acceptance(dataset=name, gap=gap, is_new=is_new, still_blocked_by=version)
    decide.approve(settings, name, version, actor, why)
    return Acceptance(dataset=name, gap=gap, is_new=is_new, admitted_batch=batch_id)


def settle(store: Store, conn: Connection, dataset: str, batch_id: int) -> None:
    """
    Tell which part of a batch's content hash its accepted losses were, once the rest can be read.

    Until then the batch cannot be built either, because bronze misses an object.
    """
    given_up = {
        gap.data_key
        for gap in accepted.of(conn, dataset)
        if gap.batch_id == batch_id and gap.data_key
    }
    if not given_up:
        return
    try:
        kept = batch_hash.of_others(store, conn, dataset, batch_id, given_up)
    except BrokenError:
        return  # another object of the batch is gone: its replay or acceptance settles both
    QUERIES.settle(conn, dataset=dataset, batch_id=batch_id, kept_hash=kept.content_hash)


def _known(conn: Connection, name: str, wanted: OffsetRange) -> list[AcceptedGap]:
    return [gap for gap in accepted.of(conn, name) if wanted.is_of(gap)]


def _write(
    settings: Settings,
    conn: Connection,
    dataset: Dataset,
    wanted: OffsetRange,
    *,
    token: int,
    actor: str,
    why: str,
) -> None:
    store, name = Store(settings), dataset.name
    found = gaps.find(store, conn, dataset)
    chosen = [gap for gap in found if wanted.is_of(gap)]
    if len(chosen) != 1:
        raise gap_errors.no_such_gap(name, str(wanted), [gap.place for gap in found], many=bool(chosen))
    (gap,) = chosen
    with conn.transaction():
        lease.lock(conn, name, token)
        place = {"dataset": name, "batch_id": gap.batch_id, "data_key": gap.data_key}
        counts = (gap.data_key and QUERIES.lost_counts(conn, **place)) or _NO_LOSS
        QUERIES.accept(
            conn,
            **place,
            **counts,
            topic_id=gap.topic_id,
            partition=gap.partition,
            kind=gap.kind.value,
            first_offset=gap.first_offset,
            last_offset=gap.last_offset,
            content_hash=0,
            actor=actor,
            why=why,
        )
        if gap.batch_id is not None and gap.data_key:
            settle(store, conn, name, gap.batch_id)
        declarations.audit(conn, name, actor=actor, action="accept_gap", why=why, **gap.to_json())


def _still_breaking(
    settings: Settings, conn: Connection, dataset: Dataset
) -> tuple[int, int, bool] | None:
    """Return the BLOCKED batch, its version, and whether anything but accepted losses blocks it."""
    blocked = registry.blocked_batch(conn, dataset.name)
    if blocked is None:
        return None
    breaking = [found for found in blocked.findings if found["severity"] == Severity.BREAKING]
    others = [found for found in breaking if found["code"] != Code.LANDING_GAP]
    is_open = any(
        gap.batch_id == blocked.batch_id for gap in gaps.find(Store(settings), conn, dataset)
    )
    return blocked.batch_id, blocked.schema_version, bool(others) or is_open or not breaking
