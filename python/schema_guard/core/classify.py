"""From differences to a verdict: target tables, then policy, then the worst wins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from schema_guard.core.compare import Difference
from schema_guard.core.datatype import String, Type, Unknown
from schema_guard.core.ddl import spark_type
from schema_guard.core.diff import diff
from schema_guard.core.finding import Code, Finding, Severity, Verdict
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import child
from schema_guard.core.likeness import Likeness
from schema_guard.core.policy import SEVERITY, Action, resolve
from schema_guard.core.presence import Ledger, advance
from schema_guard.core.promotion import ACCEPTS, accepts
from schema_guard.core.remedy import Remedy, remedy
from schema_guard.core.removal import Removal, with_removals
from schema_guard.core.renames import Pair, with_renames
from schema_guard.core.schema import Schema, finalise

_VERDICT = {
    Severity.INFO: Verdict.NONE,
    Severity.NON_BREAKING: Verdict.NON_BREAKING,
    Severity.BREAKING: Verdict.BREAKING,
}

#: Differences of type, which mean more at a key or a partition field.
_OF_TYPE = frozenset({Code.TYPE_WIDENED, Code.TYPE_CHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """
    By what a dataset is judged.

    Attributes:
        pk_fields: Names of top-level fields that identify a row.
        partition_keys: Names of top-level fields that silver is partitioned by.
        targets: Formats that must all accept a widening in place, spelled as in dataset files.
        policy: Code → action over the default policy, spelled as in dataset files.
        removal: How much absence counts as a removal.
        table: The silver table, named in what would accept a finding.
    """

    pk_fields: Collection[str] = ()
    partition_keys: Collection[str] = ()
    targets: Collection[str]
    policy: Mapping[str, str] = field(default_factory=dict)
    removal: Removal = Removal.EVIDENCE
    table: str = "silver"


@dataclass(frozen=True, slots=True)
class Past:
    """
    What is known beside the ACTIVE version.

    Attributes:
        ledger: Presence of each field before this batch.
        likenesses: How much new fields look like vanished ones, where somebody looked.
    """

    ledger: Ledger = field(default_factory=dict)
    likenesses: Mapping[Pair, Likeness] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    What a batch amounts to.

    Attributes:
        verdict: The worst of the findings; INITIAL when no version is ACTIVE and nothing breaks.
        findings: In the order of the differences.
        reject_records: Whether policy says to reject the misfits (`conform.misfits`) and judge
            the rest again.
        ledger: Presence with this batch counted in.
        reject_breaches: The same of the records that break the contract (`breach.breaches`).
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    reject_records: bool
    ledger: Ledger = field(default_factory=dict)
    reject_breaches: bool = False


NO_PAST = Past()


def judge(active: Schema | None, observed: Inference, criteria: Criteria, past: Past = NO_PAST) -> Judgement:
    """
    Return the judgement of a batch against the ACTIVE version.

    Raises:
        ValueError: The criteria name an unknown target or action.
    """
    ledger = advance(past.ledger, finalise(observed, active), observed.root)
    found = with_removals(diff(active, observed, pk_fields=criteria.pk_fields), ledger, criteria.removal)
    judgement = classify(with_renames(found, past.likenesses), criteria, initial=active is None)
    return Judgement(judgement.verdict, judgement.findings, judgement.reject_records, ledger)


def classify(differences: Iterable[Difference], criteria: Criteria, *, initial: bool) -> Judgement:
    """
    Return the judgement of a batch's differences.

    Args:
        differences: What `diff` returned, removals and renames told apart.
        criteria: The dataset's.
        initial: There is no ACTIVE version yet.

    Raises:
        ValueError: The criteria name an unknown target or action.
    """
    formats = tuple(criteria.targets)
    findings, worst, reject = [], Verdict.NONE, False
    for difference in differences:
        code = _code(difference, criteria, formats)
        action = resolve(code, criteria.policy, is_new=difference.old is None)
        reject = reject or action is Action.REJECT_RECORDS
        findings.append(_finding(difference, code, SEVERITY[action], criteria))
        worst = max(worst, _VERDICT[SEVERITY[action]], key=lambda verdict: verdict.rank)
    if initial and worst is not Verdict.BREAKING:
        worst = Verdict.INITIAL
    return Judgement(worst, tuple(findings), reject)


def _code(difference: Difference, criteria: Criteria, targets: tuple[str, ...]) -> Code:
    """Return the code that says most: a key's type, then a partition's, then what targets say."""
    old, new = difference.old, difference.new
    if difference.code not in _OF_TYPE or isinstance(old, Unknown):
        return difference.code
    if _is_below(difference.pointer, criteria.pk_fields):
        return Code.KEY_TYPE_CHANGED
    if old is not None and _is_below(difference.pointer, criteria.partition_keys):
        return Code.PARTITION_TYPE_CHANGED
    if difference.code is Code.TYPE_CHANGED or old is None or new is None:
        return difference.code
    fits = all(accepts(target, old, new) for target in targets)
    return Code.TYPE_WIDENED if fits else Code.TYPE_CHANGED


def _is_below(pointer: str, names: Collection[str]) -> bool:
    return any(f"{pointer}/".startswith(f"{child('', name)}/") for name in names)


def _finding(difference: Difference, code: Code, severity: Severity, criteria: Criteria) -> Finding:
    old, new = (_words(code, given) for given in (difference.old, difference.new))
    if code is Code.NULLABLE and old:
        old = f"{old} not null"
    taken = Remedy() if severity is Severity.INFO else remedy(code, difference, criteria.table)
    return Finding(
        code=code,
        severity=severity,
        pointer=difference.pointer,
        old=old,
        new=new,
        evidence=difference.evidence,
        targets=_per_target(difference, severity, criteria),
        accept=taken.accept,
        rebuild=taken.rebuild,
    )


def _per_target(difference: Difference, severity: Severity, criteria: Criteria) -> dict[str, Severity]:
    """Return what each format alone would make of a difference; only types mean other things elsewhere."""
    if difference.code is not Code.TYPE_WIDENED:
        return dict.fromkeys(ACCEPTS, severity)
    new = difference.old is None
    return {
        target: SEVERITY[resolve(_code(difference, criteria, (target,)), criteria.policy, is_new=new)]
        for target in ACCEPTS
    }


def _words(code: Code, given: Type | None) -> str | None:
    if code is Code.FORMAT_CHANGED and isinstance(given, String):
        return f"string comment '{given.format.value}'"
    return None if given is None else spark_type(given)
