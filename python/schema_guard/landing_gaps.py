"""Findings about records that may never have landed; they come from manifests, not from records."""

from __future__ import annotations

from schema_guard.batches import Batch
from schema_guard.chains import Hole
from schema_guard.core.finding import Code, Evidence, Finding, Severity
from schema_guard.core.kinds import Position


def in_batch(batch: Batch, severity: Severity) -> list[Finding]:
    """Return a finding per object before or in which records may be lost."""
    return [
        _finding(
            severity,
            Position(manifest.topic_id, manifest.partition, manifest.gap_begins),
            Position(manifest.topic_id, manifest.partition, manifest.last_offset),
            missing=manifest.unexplained,
        )
        for manifest in (link.manifest for link in batch.links)
        if manifest.may_have_lost
    ]


def of_hole(hole: Hole) -> Finding:
    """Return the finding of a chain that stands still."""
    cursor, found = hole.cursor, hole.found
    return _finding(
        Severity.BREAKING,
        Position(cursor.topic_id, cursor.partition, cursor.next_offset),
        Position(cursor.topic_id, cursor.partition, found.expected_offset - 1),
        missing=found.expected_offset - cursor.next_offset,
    )


def _finding(severity: Severity, first: Position, last: Position, *, missing: int) -> Finding:
    sample = f"{missing} offsets without a record between {first.offset} and {last.offset}"
    evidence = Evidence(count=0, share=0.0, first=first, last=last, sample=sample)
    return Finding(Code.LANDING_GAP, severity, "", None, None, evidence)
