"""The verdict about a sample that never went through Kafka: what would happen if it were sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from metastore_sync.errors import EXIT_FINE, EXIT_VERDICT
from metastore_sync.model import Dataset
from schema_guard import values
from schema_guard.core import classify, given_up
from schema_guard.core.classify import Past
from schema_guard.core.finding import Finding, Verdict
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import Position
from schema_guard.core.poison import PoisonError
from schema_guard.core.schema import Schema
from schema_guard.judge import criteria_of

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
        findings: A position's `offset` is the line's number, from 1.
        rejected: Lines that would become rejected records.
    """

    dataset: str
    base_version: int | None
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
    lines: Iterable[str],
    *,
    dropped: Iterable[str] = (),
) -> SampleReport:
    """
    Judge newline-delimited JSON against the ACTIVE version by the dataset's policy; writes nothing.

    Args:
        dataset: Whose keys, targets and policy count.
        active: The ACTIVE version's schema; None when there is none.
        base_version: Its number.
        lines: One record each; empty lines are skipped.
        dropped: Fields declared as dropped, as JSON pointers.
    """
    observed, rejected, count = Inference(), [], 0
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            continue
        count += 1
        try:
            observed.add(values.read(text), Position(SAMPLE, 0, number))
        except PoisonError as poison:
            rejected.append(Poison(number, poison.error_type.value, poison.message))
    kept, strays = given_up.without(observed, dropped, active)
    judgement = classify.judge(active, kept, criteria_of(dataset), Past(strays=strays))
    return SampleReport(
        dataset=dataset.name,
        base_version=base_version,
        verdict=judgement.verdict,
        findings=judgement.findings,
        record_count=count,
        rejected=tuple(rejected),
    )
