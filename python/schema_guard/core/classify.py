"""From differences to a verdict: target tables, then policy, then the worst wins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from schema_guard.core.compare import Difference
from schema_guard.core.compared import Compared, compare
from schema_guard.core.datatype import String, Type, Unknown
from schema_guard.core.ddl import spark_type
from schema_guard.core.finding import Code, Finding, Severity, Verdict
from schema_guard.core.ignored import left_in_bronze, without_ignored
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import escape
from schema_guard.core.likeness import Likeness
from schema_guard.core.policy import SEVERITY, Action, resolve
from schema_guard.core.presence import Ledger
from schema_guard.core.promotion import ACCEPTS, accepts
from schema_guard.core.remedy import Remedy, remedy
from schema_guard.core.removal import Removal, with_removals
from schema_guard.core.renames import Pair, with_renames
from schema_guard.core.schema import Schema

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
        renamed: Fields declared as renamed; they may stay away for good.
        strays: Fields declared as dropped that arrived anyway (`given_up.without`).
    """

    ledger: Ledger = field(default_factory=dict)
    likenesses: Mapping[Pair, Likeness] = field(default_factory=dict)
    renamed: Collection[str] = ()
    strays: tuple[Difference, ...] = ()


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
        schema: The version that the batch makes; what policy ignores stays as it was.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    reject_records: bool
    ledger: Ledger = field(default_factory=dict)
    reject_breaches: bool = False
    schema: Schema = field(default_factory=Schema)


NO_PAST = Past()


def judge(
    active: Schema | None,
    observed: Inference,
    criteria: Criteria,
    past: Past = NO_PAST,
    *,
    compared: Compared | None = None,
) -> Judgement:
    """
    Return the judgement of a batch against the ACTIVE version.

    Args:
        active: The ACTIVE version; None before the first batch.
        observed: What arrived.
        criteria: The dataset's.
        past: What is known beside the ACTIVE version.
        compared: What `compare` made of these, where somebody asked it before.

    Raises:
        ValueError: The criteria name an unknown target or action.
    """
    both = compared or compare(active, observed, criteria.pk_fields, past.ledger)
    expected = {pointer: known for pointer, known in both.ledger.items() if pointer not in past.renamed}
    is_hint_ignored = resolve(Code.FIELD_RENAMED, criteria.policy) is Action.IGNORE
    gone = with_removals(both.differences, expected, criteria.removal)
    found = list(with_renames(gone, past.likenesses, keep_added=is_hint_ignored))
    judgement = classify(found, criteria, initial=active is None)
    strays = (_finding(stray, stray.code, Severity.INFO, criteria) for stray in past.strays)
    findings = sorted((*judgement.findings, *strays), key=lambda shown: (shown.pointer, shown.code))
    return replace(
        judgement,
        findings=tuple(findings),
        ledger=both.ledger,
        schema=without_ignored(both.schema, active, _ignored(found, criteria)),
    )


def _ignored(differences: Iterable[Difference], criteria: Criteria) -> set[tuple[Code, str]]:
    """Return code and pointer of what the dataset's own policy ignores."""
    if Action.IGNORE not in criteria.policy.values():
        return set()
    codes = ((_code(found, criteria, tuple(criteria.targets)), found) for found in differences)
    return {
        (code, found.pointer)
        for code, found in codes
        if resolve(code, criteria.policy, is_new=found.old is None) is Action.IGNORE
    }


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
        found = _finding(difference, code, SEVERITY[action], criteria)
        findings.append(_with_fate(found) if action is Action.IGNORE else found)
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
    top = pointer[1:].partition("/")[0]
    return any(top == escape(name) for name in names)


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


def _with_fate(ignored: Finding) -> Finding:
    """Return an ignored finding that says where its values are: policy hides a change, never a loss."""
    fate = left_in_bronze(ignored.code, ignored.pointer, ignored.old)
    if not fate:
        return ignored
    known = ignored.evidence.basis
    basis = f"{known}; {fate}" if known else fate
    return replace(ignored, evidence=replace(ignored.evidence, basis=basis))


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
