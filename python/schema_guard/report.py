"""What a check found, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from metastore_sync.errors import EXIT_BROKEN, EXIT_FINE, EXIT_VERDICT
from schema_guard.affected import Affected
from schema_guard.core.finding import Severity
from schema_guard.core.ignored import IN_BRONZE
from schema_guard.core.versus import FORBIDDEN


class Status(StrEnum):
    """What became of the records that a report is about."""

    ADMITTED = "ADMITTED"
    BLOCKED = "BLOCKED"
    #: No batch was formed of them: a manifest before them is missing.
    WAITING = "WAITING"
    #: Judged on the registry snapshot while PostgreSQL is away: nothing was recorded.
    UNRECORDED = "UNRECORDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    One batch as it was judged, or records that no batch can be formed of.

    Attributes:
        batch_id: None when WAITING or UNRECORDED; so is `schema_version`.
        schema_version: The version the batch is read with, or that awaits a decision.
        base_version: The version it was compared with; None for a first batch.
        verdict: Worst finding: NONE, INITIAL, NON_BREAKING, BREAKING.
        findings: Documents per docs/contracts/findings.schema.json.
        first_seen: Per finding, the landed object that shows it first; None where no record does.
        impact: Per finding, the models that read its field; of a BLOCKED batch only.
        record_count: All records of the batch, the rejected ones included.
        next_command: What to type next; empty when nothing is left to do.
        as_of: When the snapshot was written that an UNRECORDED batch was judged on.
    """

    dataset: str
    batch_id: int | None
    status: Status
    schema_version: int | None
    base_version: int | None
    verdict: str
    findings: tuple[Mapping[str, Any], ...]
    first_seen: tuple[str | None, ...]
    impact: tuple[tuple[Affected, ...], ...]
    record_count: int
    rejected_count: int
    next_command: str = ""
    as_of: datetime | None = None

    @property
    def exit_code(self) -> int:
        """0 when the batch was admitted, 1 when a person has to look, 2 when PostgreSQL has to come back."""
        match self.status:
            case Status.ADMITTED:
                return EXIT_FINE
            case Status.BLOCKED | Status.WAITING:
                return EXIT_VERDICT
            case Status.UNRECORDED:
                return EXIT_BROKEN
            case _:
                assert_never(self.status)

    def _told(self) -> Iterator[tuple[Mapping[str, Any], str | None, tuple[Affected, ...]]]:
        return zip(self.findings, self.first_seen, self.impact, strict=True)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "dataset": self.dataset,
            "batch_id": self.batch_id,
            "status": self.status.value,
            "schema_version": self.schema_version,
            "base_version": self.base_version,
            "verdict": self.verdict,
            "findings": [
                {**finding, "first_object": seen, "impact": [model.to_document() for model in read_by]}
                for finding, seen, read_by in self._told()
            ],
            "record_count": self.record_count,
            "rejected_count": self.rejected_count,
            "next_command": self.next_command,
            "as_of": self.as_of and self.as_of.isoformat(),
        }


def render(report: Report) -> str:
    """Return the report as text: subject, facts, where, what was not done, what to type next."""
    lines = [_subject(report)]
    for finding, seen, read_by in zip(report.findings, report.first_seen, report.impact, strict=True):
        if _is_shown(report, finding):
            lines += _finding(finding, seen)
            lines += [f"    read by {model}" for model in read_by]
    if report.rejected_count:
        count = f"{report.rejected_count} of {report.record_count} records"
        lines.append(f"  {count} rejected, payload kept: GET /datasets/{report.dataset}/rejected")
    match report.status:
        case Status.ADMITTED:
            pass
        case Status.BLOCKED:
            lines += _decide(report)
        case Status.WAITING:
            lines.append("Nothing behind the hole was loaded.")
            lines.append(f"Next: {report.next_command}")
        case Status.UNRECORDED:
            lines.append("PostgreSQL does not answer: nothing was admitted, nothing was decided.")
            lines.append(f"Next: {report.next_command}")
    return "\n".join(lines)


def decide_commands(dataset: str, version: int) -> tuple[str, str]:
    """Return the two commands that end a BLOCKED state: approve and reject."""
    words = f'{dataset} --version {version} --why "…"'
    return f"tidegate schema approve {words}", f"tidegate schema reject {words}"


def contract_advice(dataset: str, findings: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what to think of before a batch that breaks its contract is approved; else nothing."""
    bases = [finding["evidence"].get("basis") or "" for finding in findings if _is_breaking(finding)]
    if not any(basis.endswith(FORBIDDEN) for basis in bases):
        return []
    return [
        "Change the contract, or approve this batch: an approval holds for this batch alone,",
        "and the next one that breaks the contract is BLOCKED again.",
        f"See the contract:       tidegate schema contract {dataset}",
    ]


def _subject(report: Report) -> str:
    against = "no earlier version" if report.base_version is None else f"ACTIVE version {report.base_version}"
    match report.status:
        case Status.ADMITTED:
            return (
                f"{report.dataset}: batch {report.batch_id} ADMITTED, {report.record_count} records,"
                f" version {report.schema_version}, verdict {report.verdict}"
            )
        case Status.BLOCKED:
            count = sum(_is_breaking(finding) for finding in report.findings)
            changes = f"{count} breaking change{'' if count == 1 else 's'}"
            return f"{report.dataset}: {changes} against {against}, batch {report.batch_id}"
        case Status.UNRECORDED:
            at = f"{report.as_of:%Y-%m-%d %H:%M:%S}Z" if report.as_of else "an unknown time"
            return (
                f"{report.dataset}: {report.record_count} records would be {report.verdict} against"
                f" {against}, by the registry snapshot of {at}"
            )
        case Status.WAITING:
            return f"{report.dataset}: landed records wait behind a hole in the chain of manifests"


def _is_breaking(finding: Mapping[str, Any]) -> bool:
    return bool(finding["severity"] == Severity.BREAKING)


def _is_shown(report: Report, finding: Mapping[str, Any]) -> bool:
    """Hide what means nothing, and the long list of a first batch, where every field is new."""
    is_left_out = (finding["evidence"].get("basis") or "").endswith(IN_BRONZE)
    return report.status is not Status.ADMITTED or (
        (finding["severity"] != Severity.INFO or is_left_out) and report.base_version is not None
    )


def _finding(finding: Mapping[str, Any], seen: str | None) -> list[str]:
    old, new, evidence = finding["old"], finding["new"], finding["evidence"]
    pointer = finding["pointer"] or "(whole record)"
    lines = [f"  {finding['severity']} {finding['code']} {pointer}: {old or '—'} → {new or '—'}"]
    if evidence["count"]:
        share = f"{evidence['share']:.2%}"
        sample = f", like {evidence['sample']}" if evidence["sample"] else ""
        lines.append(f"    in {evidence['count']} records ({share}){sample}")
    if first := evidence["first"]:
        place = f"partition {first['partition']}, offset {first['offset']}"
        lines.append(f"    first seen in {seen or first['topic_id']}, {place}")
    if basis := evidence.get("basis"):
        lines.append(f"    {basis}")
    if accept := finding.get("accept"):
        after = ", after a rebuild of silver" if finding.get("rebuild") else ""
        lines.append(f"    would take it{after}: {accept}")
    return lines


def _decide(report: Report) -> list[str]:
    version = report.schema_version or 0
    approve, reject = decide_commands(report.dataset, version)
    return [
        f"Nothing was loaded; version {version} is BLOCKED.",
        *contract_advice(report.dataset, report.findings),
        f"Accept the change:      {approve}",
        f"Refuse those records:   {reject}",
    ]
