"""One declared schema against another, or against what arrived: who can read whose records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from schema_guard.core.classify import Criteria, Past, judge
from schema_guard.core.finding import Code, Evidence, Finding, Severity, Verdict
from schema_guard.core.infer import Inference
from schema_guard.core.json_schema import Declared
from schema_guard.core.kinds import child
from schema_guard.core.presence import advance
from schema_guard.core.removal import Removal
from schema_guard.core.schema import Schema
from schema_guard.core.witness import witnesses


class Direction(StrEnum):
    """Whose records must be readable by whom."""

    #: Tables and readers of the old schema take records of the new one.
    FORWARD = "forward"
    #: Tables and readers of the new schema take records of the old one.
    BACKWARD = "backward"
    #: Both.
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    What a change of schema amounts to in one direction.

    Attributes:
        direction: FORWARD or BACKWARD.
        findings: Without counts: a declared schema has no records.
    """

    direction: Direction
    verdict: Verdict
    findings: tuple[Finding, ...]


def compare(old: Schema, new: Schema, criteria: Criteria, direction: Direction) -> list[Comparison]:
    """
    Return what becomes of a schema's readers; one comparison, or both for FULL.

    A field that a schema does not declare is gone: FIELD_REMOVED, never FIELD_ABSENT.
    """
    match direction:
        case Direction.FORWARD:
            return [_reads(old, new, criteria, direction)]
        case Direction.BACKWARD:
            return [_reads(new, old, criteria, direction)]
        case Direction.FULL:
            return [
                _reads(old, new, criteria, Direction.FORWARD),
                _reads(new, old, criteria, Direction.BACKWARD),
            ]
        case _:
            assert_never(direction)


def _reads(readers: Schema, written: Schema, criteria: Criteria, direction: Direction) -> Comparison:
    """Return what readers of one schema meet in records of the other."""
    declared = replace(criteria, removal=Removal.FIRST_ABSENCE)
    known = Past(advance({}, readers, witnesses(readers).root))
    judgement = judge(readers, witnesses(written), declared, known)
    findings = tuple(replace(found, evidence=Evidence(0, 0.0)) for found in judgement.findings)
    return Comparison(direction, judgement.verdict, findings)


#: The basis of a finding that a contract speaks against.
FORBIDDEN = "the contract does not allow it"

#: What a contract does not allow; fields it does not name are judged by `additionalProperties`.
_STRICT = {code.value: "block" for code in Code} | {
    Code.FIELD_ADDED.value: "allow",
    Code.FIELD_ABSENT.value: "ignore",
    Code.FORMAT_CHANGED.value: "ignore",
    Code.DEPTH_LIMIT.value: "ignore",
    # What a table cannot hold is for the ACTIVE version to say: a JSON number has any precision.
    Code.PRECISION_LOSS.value: "ignore",
}


def violations(contract: Declared, observed: Inference, criteria: Criteria) -> tuple[Finding, ...]:
    """
    Return what a batch does that its contract does not allow; each is BREAKING whatever the policy.

    Args:
        contract: What the producer declared.
        observed: What arrived.
        criteria: The dataset's; its policy does not count.
    """
    judged = judge(contract.schema, observed, replace(criteria, policy=_STRICT))
    return tuple(_broken(finding) for finding in judged.findings if _is_forbidden(finding, contract))


def _is_forbidden(finding: Finding, contract: Declared) -> bool:
    match finding.code:
        case Code.FIELD_ADDED | Code.CASE_COLLISION:
            return finding.pointer.rpartition("/")[0] in contract.closed
        case Code.MAP_FOLDED:
            return finding.pointer in contract.closed
        case Code.KEY_MISSING | Code.KEY_NULL:
            required = {child("", field.name) for field in contract.schema.fields if not field.nullable}
            return finding.pointer in required
        case _:
            is_declared = finding.old not in (None, "void")
            return finding.severity is Severity.BREAKING and is_declared


def _broken(finding: Finding) -> Finding:
    return replace(
        finding,
        severity=Severity.BREAKING,
        evidence=replace(finding.evidence, basis=FORBIDDEN),
        targets=dict.fromkeys(finding.targets, Severity.BREAKING),
    )
