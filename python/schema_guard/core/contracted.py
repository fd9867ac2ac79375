"""A batch against the ACTIVE version and against what its producer declared, in one judgement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from schema_guard.core import classify
from schema_guard.core.classify import NO_PAST, Criteria, Judgement, Past
from schema_guard.core.compared import Compared
from schema_guard.core.finding import Finding, Severity, Verdict
from schema_guard.core.infer import Inference
from schema_guard.core.json_schema import Declared
from schema_guard.core.policy import Action, resolve
from schema_guard.core.schema import Schema
from schema_guard.core.versus import FORBIDDEN, violations


def judge(
    active: Schema | None,
    contract: Declared | None,
    observed: Inference,
    criteria: Criteria,
    past: Past = NO_PAST,
    *,
    compared: Compared | None = None,
) -> Judgement:
    """
    Return the judgement of a batch; what its contract does not allow is BREAKING.

    Policy softens that in one way: `reject_records` for a code that single records show.

    Args:
        active: The ACTIVE version; None before the first batch, which the contract binds too.
        contract: What the producer declared; None when nothing.
        observed: What arrived.
        criteria: The dataset's.
        past: What is known beside the ACTIVE version.
        compared: What `compare` made of ACTIVE and observed, where somebody asked it before.

    Raises:
        ValueError: The criteria name an unknown target or action.
    """
    judgement = classify.judge(active, observed, criteria, past, compared=compared)
    if contract is None:
        return judgement
    broken = [_under_policy(finding, criteria) for finding in violations(contract, observed, criteria)]
    is_breaking = any(finding.severity is Severity.BREAKING for finding in broken)
    return replace(
        judgement,
        verdict=Verdict.BREAKING if is_breaking else judgement.verdict,
        findings=_together(judgement.findings, broken),
        reject_breaches=any(finding.severity is Severity.INFO for finding in broken),
    )


def _under_policy(finding: Finding, criteria: Criteria) -> Finding:
    if resolve(finding.code, criteria.policy) is not Action.REJECT_RECORDS:
        return finding
    return replace(finding, severity=Severity.INFO, targets=dict.fromkeys(finding.targets, Severity.INFO))


def _together(known: Iterable[Finding], broken: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return each finding once; one against both is told against ACTIVE, and its basis names the contract."""
    forbidden = {(finding.code, finding.pointer): finding for finding in broken}
    found = [_stricter(finding, forbidden.pop((finding.code, finding.pointer), None)) for finding in known]
    return (*found, *forbidden.values())


def _stricter(finding: Finding, forbidden: Finding | None) -> Finding:
    if forbidden is None:
        return finding
    known = finding.evidence.basis
    basis = f"{known}; {FORBIDDEN}" if known else FORBIDDEN
    told = replace(finding, evidence=replace(finding.evidence, basis=basis))
    if forbidden.severity is not Severity.BREAKING:
        return told
    return replace(told, severity=Severity.BREAKING, targets=forbidden.targets)
