"""The verdict about a sample that never went through Kafka: what would happen if it were sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from metastore_sync.errors import EXIT_FINE, EXIT_VERDICT
from metastore_sync.model import Dataset
from schema_guard import contracts, values
from schema_guard.core import contracted, given_up
from schema_guard.core.classify import Past
from schema_guard.core.finding import Finding, Verdict
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import Position
from schema_guard.core.poison import PoisonError
from schema_guard.core.schema import Schema
from schema_guard.fitting import check_fit
from schema_guard.judge import criteria_of
from schema_guard.lines import SkippedLine, too_large
from schema_guard.reading import Rules, rules_of

#: A line's text, or that it was too long to read.
Line: TypeAlias = str | bytes | SkippedLine

#: Stands for the topic id of lines that have none.
SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Poison:
    """One line that could not become a row; lines are counted from 1."""

    line: int
    error_type: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleReport:
    """
    What the guard would say of these records.

    Attributes:
        base_version: The ACTIVE version they were compared with; None when there is none.
        has_contract: Whether they were compared with a contract too.
        findings: A position's `offset` is the line's number, from 1.
        rejected: Lines that would become rejected records.
    """

    dataset: str
    base_version: int | None
    has_contract: bool
    verdict: Verdict
    findings: tuple[Finding, ...]
    record_count: int
    rejected: tuple[Poison, ...]

    @property
    def exit_code(self) -> int:
        """1 when the dataset would be BLOCKED or a line would be rejected."""
        is_fine = self.verdict is not Verdict.BREAKING and not self.rejected
        return EXIT_FINE if is_fine else EXIT_VERDICT

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "dataset": self.dataset,
            "base_version": self.base_version,
            "has_contract": self.has_contract,
            "verdict": self.verdict.value,
            "findings": [finding.to_document() for finding in self.findings],
            "record_count": self.record_count,
            "rejected": [
                {"line": p.line, "error_type": p.error_type, "error_message": p.message}
                for p in self.rejected
            ],
        }


def judge(
    dataset: Dataset,
    active: Schema | None,
    base_version: int | None,
    lines: Iterable[Line],
    *,
    dropped: Iterable[str] = (),
) -> SampleReport:
    """
    Judge newline-delimited JSON against the ACTIVE version and the dataset's contract; writes nothing.

    Args:
        dataset: Whose keys, targets and policy count.
        active: The ACTIVE version's schema; None when there is none.
        base_version: Its number.
        lines: One record each; empty lines are skipped.
        dropped: Fields declared as dropped, as JSON pointers.

    Raises:
        UsageError: The contract cannot be read.
    """
    contract = contracts.of(dataset)
    texts = _numbered(lines)
    if contract is not None:
        texts = list(texts)  # they may be read twice
    observed, rejected = _read(texts, rules_of(dataset))
    record_count = observed.records + len(rejected)
    kept, strays = given_up.without(observed, dropped, active)
    judgement = contracted.judge(active, contract, kept, criteria_of(dataset), Past(strays=strays))
    if judgement.reject_breaches and judgement.verdict is not Verdict.BREAKING:
        _, rejected = _read(texts, rules_of(dataset, contract=contract))
    return SampleReport(
        dataset=dataset.name,
        base_version=base_version,
        has_contract=contract is not None,
        verdict=judgement.verdict,
        findings=judgement.findings,
        record_count=record_count,
        rejected=tuple(rejected),
    )


def _numbered(lines: Iterable[Line]) -> Iterable[tuple[int, Line]]:
    """Yield the lines that hold anything, counted from 1."""
    for number, line in enumerate(lines, 1):
        if isinstance(line, SkippedLine) or line.strip():
            yield number, line


def _read(texts: Iterable[tuple[int, Line]], rules: Rules) -> tuple[Inference, list[Poison]]:
    """Return what is in the lines, and those that would become rejected records."""
    observed, rejected = Inference(), []
    for number, text in texts:
        try:
            if isinstance(text, SkippedLine):
                raise too_large()
            value = values.read(text)
            check_fit(value, rules)
            observed.add(value, Position(SAMPLE, 0, number))
        except PoisonError as poison:
            rejected.append(Poison(number, poison.error_type.value, poison.message))
    return observed, rejected
