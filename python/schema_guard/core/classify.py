"""From differences to a verdict: target tables, then policy, then the worst wins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from schema_guard.core.compare import Difference
from schema_guard.core.datatype import String, Type, Unknown
from schema_guard.core.ddl import spark_type
from schema_guard.core.diff import diff
from schema_guard.core.finding import Code, Finding, Severity, Verdict
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import child
from schema_guard.core.policy import SEVERITY, Action, resolve
from schema_guard.core.promotion import accepts
from schema_guard.core.schema import Schema

_VERDICT = {
    Severity.INFO: Verdict.NONE,
    Severity.NON_BREAKING: Verdict.NON_BREAKING,
    Severity.BREAKING: Verdict.BREAKING,
}

#: Differences of type, which mean more at a key or a partition field.
_OF_TYPE = frozenset({Code.TYPE_WIDENED, Code.TYPE_CHANGED})


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    What a batch amounts to.

    Attributes:
        verdict: The worst of the findings; INITIAL when no version is ACTIVE and nothing breaks.
        findings: In the order of the differences.
        reject_records: Whether policy says to reject the misfits (`conform.misfits`) and judge
            the rest again.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    reject_records: bool


def classify(
    differences: Iterable[Difference],
    *,
    initial: bool,
    pk_fields: Collection[str] = (),
    partition_keys: Collection[str] = (),
    targets: Iterable[str],
    policy: Mapping[str, str],
) -> Judgement:
    """
    Return the judgement of a batch's differences.

    Args:
        differences: What `diff` returned.
        initial: There is no ACTIVE version yet.
        pk_fields: Names of top-level fields that identify a row.
        partition_keys: Names of top-level fields that silver is partitioned by.
        targets: Formats that must all accept a widening in place, spelled as in dataset files.
        policy: Code → action over the default policy, spelled as in dataset files.

    Raises:
        ValueError: An unknown target or action.
    """
    formats = tuple(targets)
    findings, worst, reject = [], Verdict.NONE, False
    for difference in differences:
        code = _code(difference, pk_fields, partition_keys, formats)
        action = resolve(code, policy, is_new=difference.old is None)
        reject = reject or action is Action.REJECT_RECORDS
        findings.append(_finding(difference, code, SEVERITY[action]))
        worst = max(worst, _VERDICT[SEVERITY[action]], key=lambda verdict: verdict.rank)
    if initial and worst is not Verdict.BREAKING:
        worst = Verdict.INITIAL
    return Judgement(worst, tuple(findings), reject)


def judge(
    active: Schema | None,
    observed: Inference,
    *,
    pk_fields: Collection[str] = (),
    partition_keys: Collection[str] = (),
    targets: Iterable[str],
    policy: Mapping[str, str],
) -> Judgement:
    """Return the judgement of a batch against the ACTIVE version: `diff`, then `classify`."""
    return classify(
        diff(active, observed, pk_fields=pk_fields),
        initial=active is None,
        pk_fields=pk_fields,
        partition_keys=partition_keys,
        targets=targets,
        policy=policy,
    )


def _code(
    difference: Difference,
    pk_fields: Collection[str],
    partition_keys: Collection[str],
    targets: tuple[str, ...],
) -> Code:
    """Return the code that says most: a key's type, then a partition's, then what targets say."""
    old, new = difference.old, difference.new
    if difference.code not in _OF_TYPE or isinstance(old, Unknown):
        return difference.code
    if _is_below(difference.pointer, pk_fields):
        return Code.KEY_TYPE_CHANGED
    if old is not None and _is_below(difference.pointer, partition_keys):
        return Code.PARTITION_TYPE_CHANGED
    if difference.code is Code.TYPE_CHANGED or old is None or new is None:
        return difference.code
    fits = all(accepts(target, old, new) for target in targets)
    return Code.TYPE_WIDENED if fits else Code.TYPE_CHANGED


def _is_below(pointer: str, names: Collection[str]) -> bool:
    return any(f"{pointer}/".startswith(f"{child('', name)}/") for name in names)


def _finding(difference: Difference, code: Code, severity: Severity) -> Finding:
    old, new = (_words(code, given) for given in (difference.old, difference.new))
    if code is Code.NULLABLE and old:
        old = f"{old} not null"
    return Finding(code, severity, difference.pointer, old, new, difference.evidence)


def _words(code: Code, given: Type | None) -> str | None:
    if code is Code.FORMAT_CHANGED and isinstance(given, String):
        return f"string comment '{given.format.value}'"
    return None if given is None else spark_type(given)
