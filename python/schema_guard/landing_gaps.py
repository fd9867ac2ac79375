"""Findings about records that may never have landed; they come from manifests, not from records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schema_guard.accepted import AcceptedGap
from schema_guard.batches import Batch
from schema_guard.chains import Hole
from schema_guard.core.finding import Code, Evidence, Finding, Severity, Verdict
from schema_guard.core.kinds import Position
from schema_guard.core.policy import SEVERITY, resolve
from schema_guard.manifests import Manifest


def in_batch(
    batch: Batch, policy: Mapping[str, str], accepted: Sequence[AcceptedGap] = ()
) -> list[Finding]:
    """
    Return a finding per object before or in which records may be lost; an accepted loss informs only.

    Args:
        batch: Its links.
        policy: The dataset's: code → action.
        accepted: Losses that somebody answered for.
    """
    severity = SEVERITY[resolve(Code.LANDING_GAP, policy)]
    return [
        _in_manifest(link.manifest, severity, accepted)
        for link in batch.links
        if link.manifest.may_have_lost
    ]


def _in_manifest(manifest: Manifest, severity: Severity, accepted: Sequence[AcceptedGap]) -> Finding:
    by = next((gap for gap in accepted if gap.is_loss_of(manifest)), None)
    return _finding(
        Severity.INFO if by else severity,
        Position(manifest.topic_id, manifest.partition, manifest.gap_begins),
        Position(manifest.topic_id, manifest.partition, manifest.last_offset),
        missing=manifest.unexplained,
        note=f"; accepted by {by.actor}: {by.why}" if by else "",
    )


def counted_in(verdict: Verdict, gaps: Sequence[Finding]) -> Verdict:
    """Return the verdict with a batch's gaps counted in; a gap alone makes no new version."""
    if any(gap.severity is Severity.BREAKING for gap in gaps):
        return Verdict.BREAKING
    return verdict


def of_hole(hole: Hole) -> Finding:
    """Return the finding of a chain that stands still."""
    cursor, found = hole.cursor, hole.found
    return _finding(
        Severity.BREAKING,
        Position(cursor.topic_id, cursor.partition, cursor.next_offset),
        Position(cursor.topic_id, cursor.partition, found.expected_offset - 1),
        missing=found.expected_offset - cursor.next_offset,
    )


def _finding(
    severity: Severity, first: Position, last: Position, *, missing: int, note: str = ""
) -> Finding:
    sample = f"{missing} offsets without a record between {first.offset} and {last.offset}{note}"
    evidence = Evidence(count=0, share=0.0, first=first, last=last, sample=sample)
    return Finding(Code.LANDING_GAP, severity, "", None, None, evidence)
