"""From landed objects to a verdict about them; nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import landing_gaps
from schema_guard.accepted import AcceptedGap
from schema_guard.batches import Batch
from schema_guard.core import classify
from schema_guard.core.classify import Judgement
from schema_guard.core.finding import Code, Finding, Severity, Verdict
from schema_guard.core.infer import Inference
from schema_guard.core.policy import SEVERITY, resolve
from schema_guard.core.schema import Schema, finalise
from schema_guard.edges.registry import Version
from schema_guard.reading import ObjectRange, Scan, rules_of, source_of
from schema_guard.scan_pool import scan_batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """
    A batch and what the guard makes of it.

    Attributes:
        sources: Its objects, trimmed to the ranges that belong to it.
        scan: What is in them; under `reject_records` without the misfits.
        active: The version it was compared with; None before the first batch.
        schema: The version it would make: the ACTIVE types and what was observed.
    """

    dataset: Dataset
    sources: tuple[ObjectRange, ...]
    scan: Scan
    active: Version | None
    schema: Schema
    verdict: Verdict
    findings: tuple[Finding, ...]


def judge(
    settings: Settings,
    dataset: Dataset,
    active: Version | None,
    batch: Batch,
    folder: Path,
    *,
    accepted: Sequence[AcceptedGap] = (),
) -> Judged:
    """
    Scan a batch whole and judge it against the ACTIVE version.

    Rejected records wait in `folder`, empty at first, for the transaction.

    Raises:
        BrokenError: An object is missing, damaged, or not what its manifest promised.
    """
    sources = tuple(source_of(link.manifest, link.cursor.generation) for link in batch.links)
    scan = scan_batch(settings, sources, rules_of(dataset), folder)
    judgement = _judgement(dataset, active, scan.inference)
    verdict = judgement.verdict
    if judgement.reject_records and verdict is not Verdict.BREAKING:
        fit = active.schema if active else finalise(scan.inference)
        scan = scan_batch(settings, sources, rules_of(dataset, fit), folder)
        verdict = _judgement(dataset, active, scan.inference).verdict
    severity = SEVERITY[resolve(Code.LANDING_GAP, dataset.policy)]
    gaps = landing_gaps.in_batch(batch, severity, accepted)
    return Judged(
        dataset=dataset,
        sources=sources,
        scan=scan,
        active=active,
        schema=finalise(scan.inference, active.schema if active else None),
        verdict=_worst(verdict, gaps),
        findings=(*judgement.findings, *gaps),
    )


def _judgement(dataset: Dataset, active: Version | None, observed: Inference) -> Judgement:
    return classify.judge(
        active.schema if active else None,
        observed,
        pk_fields=dataset.pk_fields,
        partition_keys=dataset.partition_keys,
        targets=dataset.targets,
        policy=dataset.policy,
    )


def _worst(verdict: Verdict, gaps: Sequence[Finding]) -> Verdict:
    """Return the verdict with the landing gaps counted in; a gap alone makes no new version."""
    if any(gap.severity is Severity.BREAKING for gap in gaps):
        return Verdict.BREAKING
    return verdict
