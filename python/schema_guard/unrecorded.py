"""Judging on the signed registry snapshot while PostgreSQL is away: checks and reports, never admits."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from metastore_sync import snapshot
from metastore_sync.errors import BrokenError, RegistryAwayError
from metastore_sync.model import Dataset, DatasetState
from metastore_sync.settings import Settings
from metastore_sync.snapshot import Snapshot, SnapshotDataset
from schema_guard import errors
from schema_guard.admission import removed
from schema_guard.batches import Backlog
from schema_guard.chains import Cursor, open_chains
from schema_guard.core import presence
from schema_guard.core.finding import Verdict
from schema_guard.core.schema import Schema
from schema_guard.edges.registry import Version
from schema_guard.edges.s3 import Store
from schema_guard.judge import Judged, Known, judge
from schema_guard.report import Report, Status
from schema_guard.reports import of_findings


def check(settings: Settings, name: str, away: RegistryAwayError) -> list[Report]:
    """
    Judge what waits as far as the snapshot tells, in order, until something breaks.

    Removals are judged as with the registry; a rename is seen only where one batch holds both names,
    because the snapshot does not say which objects came before.

    Raises:
        RegistryAwayError: There is no snapshot to judge on, it does not know the dataset, or the
            dataset is BLOCKED already.
        UsageError: The dataset is PAUSED or RETIRED.
        BrokenError: The store or a landed object failed.
    """
    found = _readable(settings, away)
    entry = next((one for one in found.datasets if one.dataset.name == name), None)
    if entry is None:
        raise _told(away, f"the snapshot of {_shown(found.written_at)} does not know {name}")
    if entry.state in (DatasetState.PAUSED, DatasetState.RETIRED):
        raise errors.not_checked(name, entry.state)
    if entry.state is DatasetState.BLOCKED:
        raise _told(away, f"{name} was BLOCKED at {_shown(found.written_at)}; its report is in the registry")
    return list(_judge_all(settings, entry, found.written_at))


def _judge_all(settings: Settings, entry: SnapshotDataset, as_of: datetime) -> list[Report]:
    cursors = [
        Cursor(
            topic_id=c.topic_id, generation=c.generation, partition=c.partition, next_offset=c.next_offset
        )
        for c in entry.cursors
    ]
    backlog = Backlog(open_chains(Store(settings), entry.dataset.kafka_topic, cursors))
    active, ledger = _version(entry), presence.from_document(entry.fields.presence)
    dropped, renamed = frozenset(entry.fields.dropped), frozenset(entry.fields.renamed)
    reports: list[Report] = []
    while batch := backlog.next_batch():
        with tempfile.TemporaryDirectory(prefix="tidegate-guard-") as folder:
            known = Known(active, ledger, dropped=dropped, renamed=renamed)
            judged = judge(settings, entry.dataset, known, batch, Path(folder))
        reports.append(_report(settings, entry.dataset, judged, as_of))
        if judged.verdict is Verdict.BREAKING:
            break
        # What follows would be compared with the version that this batch would have made.
        active, ledger = _next(active, judged), presence.without(judged.ledger, removed(judged.findings))
    return reports


def _report(settings: Settings, dataset: Dataset, judged: Judged, as_of: datetime) -> Report:
    findings = tuple(finding.to_document() for finding in judged.findings)
    active = judged.active.schema if judged.active else None
    return Report(
        dataset=dataset.name,
        batch_id=None,
        status=Status.UNRECORDED,
        schema_version=None,
        base_version=judged.active.number if judged.active else None,
        verdict=judged.verdict.value,
        findings=findings,
        first_seen=(None,) * len(findings),
        impact=of_findings(settings, dataset, active, findings),
        record_count=judged.scan.record_count,
        rejected_count=judged.scan.rejected_count,
        next_command="tidegate doctor",
        as_of=as_of,
    )


def _version(entry: SnapshotDataset) -> Version | None:
    if entry.active is None:
        return None
    schema = Schema.from_document(entry.active.schema)
    return Version(
        number=entry.active.version,
        status="ACTIVE",
        fingerprint=entry.active.fingerprint,
        schema=schema,
        base=None,
    )


def _next(active: Version | None, judged: Judged) -> Version:
    number = active.number if active else 0
    changed = active is None or judged.schema.fingerprint != active.fingerprint
    return Version(
        number=number + changed,
        status="ACTIVE",
        fingerprint=judged.schema.fingerprint,
        schema=judged.schema,
        base=number or None,
    )


def _readable(settings: Settings, away: RegistryAwayError) -> Snapshot:
    try:
        return snapshot.read(settings)
    except BrokenError as unusable:
        raise _told(away, unusable.fact) from away


def _told(away: RegistryAwayError, why: str) -> RegistryAwayError:
    return RegistryAwayError(
        away.fact,
        where=f"{away.where}\n{why}",
        not_done="Nothing was checked and nothing was admitted.",
        next_command=away.next_command,
    )


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
