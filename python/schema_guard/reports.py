"""Makes reports: of a batch just judged, of one that still waits for a decision, of a hole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metastore_sync import registry as declarations
from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import impact, landing_gaps
from schema_guard.admission import Admission
from schema_guard.affected import Affected
from schema_guard.chains import Hole
from schema_guard.core.finding import Severity, Verdict
from schema_guard.core.schema import Schema
from schema_guard.edges import registry
from schema_guard.edges.registry import Connection
from schema_guard.judge import Judged
from schema_guard.report import Report, Status, decide_commands


def of_judged(settings: Settings, conn: Connection, judged: Judged, admission: Admission) -> Report:
    """Return the report of a batch that was recorded."""
    findings = tuple(finding.to_document() for finding in judged.findings)
    name = judged.dataset.name
    active = judged.active.schema if judged.active else None
    is_blocked = admission.status is Status.BLOCKED
    return Report(
        dataset=name,
        batch_id=admission.batch_id,
        status=admission.status,
        schema_version=admission.version,
        base_version=judged.active.number if judged.active else None,
        verdict=judged.verdict.value,
        findings=findings,
        first_seen=_first_seen(conn, name, admission.batch_id, findings),
        impact=of_findings(settings, judged.dataset, active, findings if is_blocked else ())
        or ((),) * len(findings),
        record_count=judged.scan.record_count,
        rejected_count=judged.scan.rejected_count,
        next_command=_next(name, admission.status, admission.version),
    )


def of_blocked(settings: Settings, conn: Connection, name: str) -> list[Report]:
    """Return the report of the batch that waits for a decision."""
    batch = registry.blocked_batch(conn, name)
    if batch is None:
        return []
    # A batch whose types are the ACTIVE version's own was compared with that very version.
    is_own = batch.version_status == "ACTIVE"
    active = registry.active_version(conn, name)
    dataset = declarations.dataset(conn, name).dataset
    return [
        Report(
            dataset=name,
            batch_id=batch.batch_id,
            status=Status(batch.status),
            schema_version=batch.schema_version,
            base_version=batch.schema_version if is_own else batch.base_version,
            verdict=batch.verdict,
            findings=batch.findings,
            first_seen=_first_seen(conn, name, batch.batch_id, batch.findings),
            impact=of_findings(settings, dataset, active.schema if active else None, batch.findings),
            record_count=batch.record_count,
            rejected_count=batch.rejected_count,
            next_command=_next(name, Status.BLOCKED, batch.schema_version),
        )
    ]


def of_hole(name: str, hole: Hole) -> Report:
    """Return the report of a partition whose chain of manifests cannot be followed."""
    return Report(
        dataset=name,
        batch_id=None,
        status=Status.WAITING,
        schema_version=None,
        base_version=None,
        verdict=Verdict.BREAKING.value,
        findings=(landing_gaps.of_hole(hole).to_document(),),
        first_seen=(hole.found.data_key,),
        impact=((),),
        record_count=0,
        rejected_count=0,
        next_command=(
            f"tidegate landing replay {name} --partition {hole.cursor.partition}"
            f" --from {hole.cursor.next_offset} --to {hole.found.expected_offset - 1}"
        ),
    )


def of_findings(
    settings: Settings, dataset: Dataset, active: Schema | None, findings: Sequence[Mapping[str, Any]]
) -> tuple[tuple[Affected, ...], ...]:
    """Return, per finding, the models that read its field: of those that change what a reader sees."""
    told = [f["pointer"] if f["severity"] != Severity.INFO and f["old"] is not None else "" for f in findings]
    known = impact.of_pointers(settings, dataset, active, set(told) - {""})
    return tuple(tuple(known.get(pointer, ())) for pointer in told)


def _next(name: str, status: Status, version: int) -> str:
    return decide_commands(name, version)[0] if status is Status.BLOCKED else ""


def _first_seen(
    conn: Connection, name: str, batch_id: int, findings: tuple[Mapping[str, Any], ...]
) -> tuple[str | None, ...]:
    """Return, per finding, the landed object that shows it first."""
    return tuple(
        registry.object_of(conn, name, batch_id, first) if (first := finding["evidence"]["first"]) else None
        for finding in findings
    )
