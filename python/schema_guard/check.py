"""
Judges what has landed: manifests → batch → scan → verdict → one transaction → report.

Where another sink lands the topic, its objects are re-landed first: behind that there is one form.

Batches are formed in offset and number order under the dataset's lease; while one is BLOCKED no other
is formed, so that nothing overtakes it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psycopg
import structlog

from metastore_sync import lease, snapshot
from metastore_sync import registry as declarations
from metastore_sync.errors import BrokenError, RegistryAwayError
from metastore_sync.model import Dataset, DatasetState
from metastore_sync.settings import Settings
from schema_guard import (
    accepted,
    admission,
    errors,
    gaps,
    held,
    owner_notice,
    relanding,
    reports,
    unrecorded,
)
from schema_guard.accepted import AcceptedGap
from schema_guard.batches import Backlog, Batch
from schema_guard.chains import open_chains
from schema_guard.edges import registry
from schema_guard.edges.registry import Connection
from schema_guard.edges.s3 import Store
from schema_guard.judge import Judged, Known, judge
from schema_guard.rejections import dead_letters
from schema_guard.report import Report, Status

_log = structlog.get_logger(__name__)


def check(settings: Settings, name: str) -> list[Report]:
    """
    Judge every batch that waits, in order, until none does or one is BLOCKED.

    Returns:
        A report per batch; the one BLOCKED before, if a decision is still due; one per partition whose
        chain of manifests has a hole. Empty when nothing waits.

    Raises:
        UsageError: The dataset is unknown, PAUSED or RETIRED.
        BrokenError: The registry, the store or a landed object failed; the batch in hand was not recorded.

    With PostgreSQL away before anything began, the reports are UNRECORDED: by the registry snapshot.
    The owner of a BLOCKED batch is told; whether that works changes nothing here.
    """
    found = _judged(settings, name)
    owner_notice.send(settings, found)
    return found


def _judged(settings: Settings, name: str) -> list[Report]:
    with ExitStack() as connections:
        try:
            conn = connections.enter_context(declarations.connect(settings))
        except RegistryAwayError as away:
            return unrecorded.check(settings, name, away)
        row = declarations.dataset(conn, name)
        if row.state in (DatasetState.PAUSED, DatasetState.RETIRED):
            raise errors.not_checked(name, row.state)
        if row.state is DatasetState.BLOCKED:
            # Heals a snapshot that the guard which blocked it did not live to write.
            snapshot.write(settings, conn)
            return reports.of_blocked(settings, conn, name)
        with lease.hold(conn, name, lease.this_holder("check")) as token:
            return _Check(settings, connections, conn, name, token=token).run()


def judge_now(
    settings: Settings,
    conn: Connection,
    dataset: Dataset,
    batch: Batch,
    folder: Path,
    *,
    losses: Sequence[AcceptedGap],
) -> Judged:
    """
    Judge a batch against what the registry holds now; rejected records wait in `folder`.

    `losses` were accepted before; accepting one takes the lease that the caller holds.
    """
    known = Known(
        active=registry.active_version(conn, dataset.name),
        ledger=registry.ledger(conn, dataset.name),
        earlier=lambda: held.newest(settings, conn, dataset),
        accepted=losses,
        dropped=registry.declared_fields(conn, dataset.name, "dropped"),
        renamed=registry.declared_fields(conn, dataset.name, "renamed"),
    )
    return judge(settings, dataset, known, batch, folder)


class _Check:
    """One check under the dataset's lease."""

    def __init__(
        self,
        settings: Settings,
        connections: ExitStack,
        conn: Connection,
        name: str,
        *,
        token: int,
    ) -> None:
        self._settings = settings
        self._connections = connections
        self._conn = conn
        self._name = name
        self._token = token

    def run(self) -> list[Report]:
        """Judge batch after batch."""
        name = self._name
        if waiting := self._waiting():
            return waiting
        # Read again under the lease: the topic may have been handed over to another sink.
        dataset = self._declared()
        self._take_dead_letters(dataset)
        self._reland(dataset)
        store = Store(self._settings)
        gaps.refuse_lost(store, self._conn, name)
        known, losses = registry.cursors(self._conn, name), accepted.of(self._conn, name)
        backlog = Backlog(open_chains(store, dataset.kafka_topic, known, losses))
        found: list[Report] = []
        while batch := backlog.next_batch():
            found.append(self._batch(batch, losses))
            if found[-1].status is Status.BLOCKED:
                return found
        if not found:
            # Heals a snapshot that an earlier check committed a batch for, but did not live to write.
            snapshot.write(self._settings, self._conn)
        return [*found, *(reports.of_hole(name, hole) for hole in backlog.holes)]

    def _take_dead_letters(self, dataset: Dataset) -> None:
        """Take what the connector could not land; what did land is judged without Kafka all the same."""
        try:
            dead_letters.take(self._settings, self._conn, self._token, dataset)
        except BrokenError as away:
            _log.warning("rejected.dead_letters_wait", dataset=self._name, cause=away.fact)

    def _reland(self, dataset: Dataset) -> None:
        """Bring over what another sink wrote, and keep what a person should know of it."""
        for notice in relanding.reland(self._settings, dataset).notices:
            _log.warning("landing.notice", dataset=self._name, notice=notice)
            declarations.audit(self._conn, self._name, actor=admission.ACTOR, action="reland", notice=notice)

    def _waiting(self) -> list[Report]:
        """Return the report of a batch that was blocked before; its dataset is BLOCKED again."""
        # Whoever held the lease before may have blocked it, and a pause and a resume may have hidden it.
        if registry.blocked_batch(self._conn, self._name) is None:
            return []
        if declarations.dataset(self._conn, self._name).state is DatasetState.OK:
            why = "a batch is BLOCKED still"
            actor = admission.ACTOR
            declarations.set_state(self._conn, self._name, DatasetState.BLOCKED, actor=actor, why=why)
        snapshot.write(self._settings, self._conn)
        return reports.of_blocked(self._settings, self._conn, self._name)

    def _declared(self) -> Dataset:
        """Return the dataset as it is declared now: it may have changed since the batch before."""
        return declarations.dataset(self._conn, self._name).dataset

    def _batch(self, batch: Batch, losses: Sequence[AcceptedGap]) -> Report:
        with tempfile.TemporaryDirectory(prefix="tidegate-guard-") as folder:
            dataset = self._declared()
            judged = judge_now(self._settings, self._conn, dataset, batch, Path(folder), losses=losses)
            try:
                recorded = admission.record(self._conn, self._token, batch, judged)
            except psycopg.OperationalError as lost:
                recorded = self._ask_again(batch, lost)
        try:
            return self._told(judged, recorded)
        except psycopg.OperationalError as lost:
            done = f"batch {recorded.batch_id} was recorded as {recorded.status}"
            raise errors.recorded_but_away(self._name, done, str(lost)) from lost

    def _told(self, judged: Judged, recorded: admission.Admission) -> Report:
        """Tell everybody who reads the snapshot, then who asked."""
        snapshot.write(self._settings, self._conn)
        return reports.of_judged(self._settings, self._conn, judged, recorded)

    def _ask_again(self, batch: Batch, lost: psycopg.OperationalError) -> admission.Admission:
        """Find out whether a commit without a reply took place; never commit twice."""
        name = self._name
        for attempt in registry.asking_again():
            with attempt:
                again = declarations.connect(self._settings)
                self._conn = self._connections.enter_context(again)
        recorded = admission.found_again(self._conn, name, batch)
        if recorded is None:
            raise errors.outcome_unknown(name, str(lost)) from lost
        return recorded
