"""
What a person decides about a BLOCKED batch: take the new version, or refuse the records that need it.

Both compare and set: they hold only while the batch is still BLOCKED under that version, and the
version it was judged against is still the ACTIVE one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from metastore_sync import lease, snapshot
from metastore_sync import registry as declarations
from metastore_sync.errors import RegistryAwayError
from metastore_sync.model import Dataset, DatasetState
from metastore_sync.settings import Settings
from schema_guard import accepted, admission, contracts, decision_errors, errors, held
from schema_guard.core import presence
from schema_guard.core.finding import Code
from schema_guard.edges import registry, rejected
from schema_guard.edges.registry import BatchRow, Connection, Version
from schema_guard.reading import Scan, rules_of
from schema_guard.scan_pool import scan_batch
from schema_guard.sql import QUERIES


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, and why: said to the registry with every change."""

    actor: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    What was decided, and what holds now.

    Attributes:
        action: `approve` or `reject`.
        version: The version that was decided about.
        schema_version: The version that the batch is read with.
        rejected_count: Records of the batch that are rejected now.
    """

    dataset: str
    batch_id: int
    action: str
    version: int
    schema_version: int
    record_count: int
    rejected_count: int
    actor: str
    why: str

    def to_json(self) -> dict[str, Any]:
        """Return the decision as plain JSON values."""
        return asdict(self)


def approve(settings: Settings, name: str, version: int, actor: str, why: str) -> Decision:
    """
    Make the BLOCKED version ACTIVE and admit its batch whole.

    Raises:
        UsageError: Nothing waits, or another version does; or name or reason is empty.
        VerdictError: The ACTIVE version is not the one that the batch was judged against.
    """
    by = Decider(actor, why)
    with _deciding(settings, name, by) as (conn, _, token):
        decision = approve_waiting(settings, conn, token, name, version=version, by=by)
        _tell(settings, decision)
    return decision


def approve_waiting(
    settings: Settings, conn: Connection, token: int, name: str, *, version: int, by: Decider
) -> Decision:
    """Approve under a lease that the caller holds; the snapshot is the caller's."""
    blocked, judged = _waiting(conn, name, version)
    decision = Decision(
        dataset=name,
        batch_id=blocked.batch_id,
        action="approve",
        version=version,
        schema_version=version,
        record_count=blocked.record_count,
        rejected_count=blocked.rejected_count,
        **asdict(by),
    )
    with _recording(settings, decision), conn.transaction():
        lease.lock(conn, name, token)
        _check_active(conn, name, judged)
        _make_active(conn, name, judged, by)
        changed = QUERIES.approve_blocked_batch(
            conn, dataset=name, batch_id=blocked.batch_id, judged_version=version
        )
        pending = registry.pending_ledger(conn, name)
        registry.put_ledger(conn, name, presence.without(pending, _removed(blocked)))
        _conclude(conn, decision, changed=changed)
    return decision


def reject(settings: Settings, name: str, version: int, actor: str, why: str) -> Decision:
    """
    Refuse the BLOCKED version: records that do not fit the ACTIVE one are rejected, the rest is admitted.

    Where there is no ACTIVE version to fall back to (a first batch with broken keys), only the records
    with broken keys are rejected and the version becomes ACTIVE. Records that break the dataset's
    contract are rejected too; before the first version the rest then makes a version of its own.

    Raises:
        UsageError: Nothing waits, or another version does; or name or reason is empty.
        VerdictError: The ACTIVE version is not the one that the batch was judged against.
        BrokenError: A landed object cannot be read again; nothing was decided.
    """
    by = Decider(actor, why)
    with _deciding(settings, name, by) as (conn, dataset, token):
        decision = reject_waiting(settings, conn, token, dataset, version=version, by=by)
        _tell(settings, decision)
    return decision


def reject_waiting(
    settings: Settings, conn: Connection, token: int, dataset: Dataset, *, version: int, by: Decider
) -> Decision:
    """Reject under a lease that the caller holds; the snapshot is the caller's."""
    name = dataset.name
    blocked, judged = _waiting(conn, name, version)
    active = registry.active_version(conn, name)
    kept = active or judged
    sources = held.sources(settings, conn, dataset, blocked.batch_id)
    rules = rules_of(dataset, kept.schema, contracts.of(dataset))
    with tempfile.TemporaryDirectory(prefix="tidegate-guard-") as folder:
        scan = scan_batch(settings, sources, rules, Path(folder))
        decision = Decision(
            dataset=name,
            batch_id=blocked.batch_id,
            action="reject",
            version=version,
            schema_version=kept.number,
            record_count=scan.record_count,
            rejected_count=scan.rejected_count,
            **asdict(by),
        )
        with _recording(settings, decision), conn.transaction():
            lease.lock(conn, name, token)
            _check_active(conn, name, judged)
            if active is None and rules.contract:
                kept = admission.version_of_rest(conn, dataset, judged, scan.inference)
                decision = replace(decision, schema_version=kept.number)
            _refuse(conn, name, judged, kept, by)
            changed = _admit_rest(conn, name, blocked, kept, scan)
            pending = registry.pending_ledger(conn, name)
            registry.put_ledger(conn, name, presence.forgiven(pending, _removed(blocked)))
            _conclude(conn, decision, changed=changed)
    return decision


@contextmanager
def _recording(settings: Settings, decision: Decision) -> Iterator[None]:
    """Find out whether a decision whose commit got no reply was recorded; never record it twice."""
    name = decision.dataset
    try:
        yield
    except psycopg.OperationalError as lost:
        for attempt in registry.asking_again():
            with attempt, declarations.connect(settings) as conn:
                last = QUERIES.last_decision(conn, dataset=name)
        mine = (decision.batch_id, decision.action, decision.actor, decision.why)
        if not last or (last["batch_id"], last["action"], last["actor"], last["why"]) != mine:
            raise decision_errors.not_decided(name, str(lost)) from lost


def _tell(settings: Settings, decision: Decision) -> None:
    """Write the snapshot on a connection of its own: the decision's may be lost."""
    try:
        with declarations.connect(settings) as conn:
            snapshot.write(settings, conn)
    except RegistryAwayError as away:
        done = f"batch {decision.batch_id} was decided ({decision.action})"
        raise errors.recorded_but_away(decision.dataset, done, away.where) from away


def _last_decision(conn: Connection, name: str) -> str:
    """Return who decided last about this dataset, what and why; empty when nobody did."""
    last = QUERIES.last_decision(conn, dataset=name)
    if last is None:
        return ""
    who = f"{last['action']} by {last['actor']}, {last['at']:%Y-%m-%d %H:%M:%S}Z"
    return f"batch {last['batch_id']}: {who}: {last['why']}"


@contextmanager
def _deciding(settings: Settings, name: str, by: Decider) -> Iterator[tuple[Connection, Dataset, int]]:
    """Hold the dataset's lease for somebody who said who they are and why they decide."""
    decision_errors.check_decider(name, by.actor, by.why)
    with declarations.connect(settings) as conn:
        row = declarations.dataset(conn, name)
        if registry.blocked_batch(conn, name) is None or row.state is DatasetState.RETIRED:
            raise decision_errors.nothing_blocked(name, row.state, _last_decision(conn, name))
        with lease.hold(conn, name, lease.this_holder("decide")) as token:
            # Read again: it may have changed while somebody else held the lease.
            yield conn, declarations.dataset(conn, name).dataset, token


def _waiting(conn: Connection, name: str, version: int) -> tuple[BatchRow, Version]:
    """Return the BLOCKED batch and its version, if that is the version decided about."""
    blocked = registry.blocked_batch(conn, name)
    judged = registry.version(conn, name, version)
    if blocked is None:
        state = declarations.dataset(conn, name).state
        raise decision_errors.nothing_blocked(name, state, _last_decision(conn, name))
    if judged is None or blocked.schema_version != version:
        raise decision_errors.other_version_blocked(name, version, blocked.schema_version)
    return blocked, judged


def _removed(blocked: BatchRow) -> frozenset[str]:
    """Return the fields whose removal is decided about."""
    removed = (f["pointer"] for f in blocked.findings if f["code"] == Code.FIELD_REMOVED)
    return frozenset(removed)


def _check_active(conn: Connection, name: str, judged: Version) -> None:
    """Refuse when the findings compare with a version that is ACTIVE no longer."""
    active = registry.active_version(conn, name)
    number = active.number if active else None
    # A batch whose types are the ACTIVE version's own was judged against that very version.
    against = judged.number if judged.status == "ACTIVE" else judged.base
    if number != against:
        raise decision_errors.active_version_moved(name, against, number)


def _make_active(conn: Connection, name: str, judged: Version, by: Decider) -> None:
    if judged.status == "ACTIVE":
        return
    QUERIES.supersede_active(conn, dataset=name)
    QUERIES.decide_version(conn, dataset=name, version=judged.number, status="ACTIVE", **asdict(by))


def _refuse(conn: Connection, name: str, judged: Version, kept: Version, by: Decider) -> None:
    if judged.number == kept.number:
        _make_active(conn, name, judged, by)
        return
    QUERIES.decide_version(conn, dataset=name, version=judged.number, status="REJECTED", **asdict(by))


def _admit_rest(conn: Connection, name: str, blocked: BatchRow, kept: Version, scan: Scan) -> int:
    changed = QUERIES.admit_blocked_batch(
        conn,
        dataset=name,
        batch_id=blocked.batch_id,
        judged_version=blocked.schema_version,
        schema_version=kept.number,
        rejected_count=scan.rejected_count,
        value_bytes=scan.value_bytes,
        content_hash=scan.content_hash,
        max_event_time=scan.max_event_time,
    )
    # Objects that were accepted as lost were not read: the new hash is without them already.
    accepted.QUERIES.settle(
        conn, dataset=name, batch_id=blocked.batch_id, kept_hash=scan.content_hash
    )
    misfits = (record for record in rejected.read(scan.rejected_files) if record.stage == rejected.CONTRACT)
    rejected.copy(conn, name, blocked.batch_id, misfits)
    return int(changed)


def _conclude(conn: Connection, decision: Decision, *, changed: int) -> None:
    """Free the dataset and write down who decided; undo all if somebody decided before."""
    name = decision.dataset
    state = DatasetState(QUERIES.dataset_state(conn, dataset=name)["state"])
    if changed != 1 or state is DatasetState.RETIRED:
        raise decision_errors.nothing_blocked(name, state, _last_decision(conn, name))
    # A dataset that somebody paused meanwhile stays so.
    if state is DatasetState.BLOCKED:
        declarations.set_state(conn, name, DatasetState.OK, actor=decision.actor, why=decision.why)
    detail = decision.to_json()
    for said_elsewhere in ("dataset", "actor", "action", "why"):
        del detail[said_elsewhere]
    declarations.audit(
        conn,
        name,
        actor=decision.actor,
        action=decision.action,
        why=decision.why,
        **detail,
    )
