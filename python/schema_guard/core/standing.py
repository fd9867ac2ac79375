"""Where a contract stands: what it allows against what tables hold, and what arrived against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from schema_guard.core.classify import Criteria
from schema_guard.core.finding import Code, Evidence, Finding, Severity, Verdict
from schema_guard.core.json_schema import Declared
from schema_guard.core.schema import Schema
from schema_guard.core.versus import Direction, compare, violations
from schema_guard.core.witness import witnesses

_VERDICT = {
    Severity.INFO: Verdict.NONE,
    Severity.NON_BREAKING: Verdict.NON_BREAKING,
    Severity.BREAKING: Verdict.BREAKING,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """
    A contract beside the ACTIVE version.

    Attributes:
        allowed: What records of the contract would do to tables of the ACTIVE version. Fields that an open
            object leaves undeclared may still come: they are no removals.
        arrived: What records like those that made the ACTIVE version do that the contract does not allow.
    """

    allowed: tuple[Finding, ...]
    arrived: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of both."""
        return worst((*self.allowed, *self.arrived))


def standing(contract: Declared, active: Schema, criteria: Criteria) -> Standing:
    """Return where a contract stands beside the ACTIVE version; findings come without counts."""
    (forward,) = compare(active, contract.schema, criteria, Direction.FORWARD)
    allowed = tuple(finding for finding in forward.findings if not _is_left_open(finding, contract))
    arrived = violations(contract, witnesses(active), criteria)
    return Standing(allowed, tuple(_uncounted(finding) for finding in arrived))


def worst(findings: Iterable[Finding]) -> Verdict:
    """Return what findings amount to; NONE when there are none."""
    verdicts = (_VERDICT[finding.severity] for finding in findings)
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.NONE)


def _is_left_open(finding: Finding, contract: Declared) -> bool:
    is_gone = finding.code in (Code.FIELD_REMOVED, Code.FIELD_ABSENT)
    return is_gone and finding.pointer.rpartition("/")[0] not in contract.closed


def _uncounted(finding: Finding) -> Finding:
    return replace(finding, evidence=Evidence(0, 0.0, basis=finding.evidence.basis))
