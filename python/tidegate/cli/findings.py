"""Samples, versions and decisions as text; batches have `schema_guard.report`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from schema_guard import affected
from schema_guard.core.standing import worst
from schema_guard.core.versus import Comparison, Direction
from schema_guard.report import contract_advice
from tidegate.words import count

if TYPE_CHECKING:
    from schema_guard.core.standing import Standing
    from schema_guard.decide import Decision
    from schema_guard.sample import SampleReport

#: Lines that would be rejected are counted, and so many of them shown.
_SHOWN = 20
_WORST_FIRST = ("BREAKING", "NON_BREAKING", "INFO")


def of_sample(found: SampleReport) -> str:
    """Return what the guard would say of a sample; positions are its lines."""
    records, against = count(found.record_count, "record"), _base(found.base_version)
    bound = " and the contract" if found.has_contract else ""
    lines = [f"{found.dataset}: {records}, verdict {found.verdict} against {against}{bound}"]
    lines += _lines((finding.to_document() for finding in found.findings), "line {offset}")
    for poison in found.rejected[:_SHOWN]:
        lines.append(f"  line {poison.line} would be rejected, {poison.error_type}: {poison.message}")
    if len(found.rejected) > _SHOWN:
        lines.append(f"  and {len(found.rejected) - _SHOWN} more lines would be rejected")
    verdict = "would be admitted" if found.exit_code == 0 else "would NOT be admitted as they are"
    return "\n".join([*lines, f"These records {verdict}; nothing was sent or stored."])


def of_version(dataset: str, row: Mapping[str, Any]) -> str:
    """Return a version and its findings."""
    status = f"version {row['version']} is {row['status']}"
    lines = [f"{dataset}: {status}, verdict {row['verdict']} against {_base(row['base_version'])}"]
    if row["decided_by"]:
        at = f"{row['decided_at']:%Y-%m-%d %H:%M:%S}Z"
        lines.append(f"  decided by {row['decided_by']} at {at}: {row['decided_why']}")
    lines += _lines(row["findings"], "topic id {topic_id}, partition {partition}, offset {offset}")
    if row["status"] == "BLOCKED":
        lines += contract_advice(dataset, row["findings"])
        words = f'{dataset} --version {row["version"]} --why "…"'
        lines += [
            f"Accept the change:      tidegate schema approve {words}",
            f"Refuse those records:   tidegate schema reject {words}",
        ]
    return "\n".join(lines)


def of_decision(decision: Decision) -> str:
    """Return what was decided and what holds now."""
    verb = {"approve": "approved", "reject": "rejected"}[decision.action]
    refused = f", {decision.rejected_count} of them rejected" if decision.rejected_count else ""
    return (
        f"{decision.dataset}: version {decision.version} {verb} by {decision.actor}: {decision.why}\n"
        f"  batch {decision.batch_id} is ADMITTED with {decision.record_count} records{refused},"
        f" read with version {decision.schema_version}"
    )


def of_comparison(found: Comparison, old: str, new: str) -> str:
    """Return what a change of schema amounts to in one direction."""
    readers, written = (old, new) if found.direction is Direction.FORWARD else (new, old)
    lines = [f"{found.direction.value}: readers of {readers}, records of {written}: {found.verdict}"]
    lines += _lines((finding.to_document() for finding in found.findings), "")
    return "\n".join(lines)


def comparison_document(found: Comparison) -> dict[str, Any]:
    """Return a comparison as plain JSON values; findings follow their contract."""
    return {
        "direction": found.direction.value,
        "verdict": found.verdict.value,
        "findings": [finding.to_document() for finding in found.findings],
    }


def of_standing(found: Standing, version: int) -> str:
    """Return a contract beside the ACTIVE version, both ways."""
    allowed = f"tables of ACTIVE version {version}, records of the contract: {worst(found.allowed)}"
    arrived = f"records like those of ACTIVE version {version}, under the contract: {worst(found.arrived)}"
    lines = [allowed, *_lines((finding.to_document() for finding in found.allowed), "")]
    return "\n".join([*lines, arrived, *_lines((finding.to_document() for finding in found.arrived), "")])


def standing_document(found: Standing) -> dict[str, Any]:
    """Return a contract beside the ACTIVE version as plain JSON values; findings follow their contract."""
    return {
        "verdict": found.verdict.value,
        "allowed": [finding.to_document() for finding in found.allowed],
        "arrived": [finding.to_document() for finding in found.arrived],
    }


def _base(version: int | None) -> str:
    return "no earlier version" if version is None else f"ACTIVE version {version}"


def _lines(findings: Iterable[Mapping[str, Any]], position: str) -> Iterable[str]:
    worst_first = sorted(findings, key=lambda finding: _WORST_FIRST.index(finding["severity"]))
    for finding in worst_first:
        pointer = finding["pointer"] or "(whole record)"
        change = f"{finding['old'] or '—'} -> {finding['new'] or '—'}"
        yield f"  {finding['severity']} {finding['code']} {pointer}: {change}"
        evidence = finding["evidence"]
        if evidence["count"]:
            first = evidence["first"]
            seen = f", first in {position.format(**first)}" if first else ""
            yield f"    in {count(evidence['count'], 'record')} ({evidence['share']:.2%}){seen}"
        if basis := evidence.get("basis"):
            yield f"    {basis}"
        if accept := finding.get("accept"):
            after = ", after a rebuild of silver" if finding.get("rebuild") else ""
            yield f"    would take it{after}: {accept}"
        yield from (f"    read by {affected.from_document(model)}" for model in finding.get("impact", ()))
