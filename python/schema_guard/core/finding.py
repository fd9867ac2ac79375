"""What the guard reports: one finding per difference, with the evidence for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from schema_guard.core.kinds import Position


class Code(StrEnum):
    """Every difference the guard can find; each has its page under `docs/findings/`."""

    FIELD_ADDED = "FIELD_ADDED"
    FIELD_ABSENT = "FIELD_ABSENT"
    #: An absence over several batches that chance does not explain.
    FIELD_REMOVED = "FIELD_REMOVED"
    #: A hint: a new field looks like one that vanished beside it.
    FIELD_RENAMED = "FIELD_RENAMED"
    TYPE_WIDENED = "TYPE_WIDENED"
    TYPE_CHANGED = "TYPE_CHANGED"
    PRECISION_LOSS = "PRECISION_LOSS"
    NULLABLE = "NULLABLE"
    KEY_MISSING = "KEY_MISSING"
    KEY_NULL = "KEY_NULL"
    KEY_TYPE_CHANGED = "KEY_TYPE_CHANGED"
    PARTITION_TYPE_CHANGED = "PARTITION_TYPE_CHANGED"
    CASE_COLLISION = "CASE_COLLISION"
    FORMAT_CHANGED = "FORMAT_CHANGED"
    MAP_FOLDED = "MAP_FOLDED"
    DEPTH_LIMIT = "DEPTH_LIMIT"
    #: Made by the gate, which reads the manifests; the core only knows its policy.
    LANDING_GAP = "LANDING_GAP"


class Severity(StrEnum):
    """What a finding means under the policy that judged it."""

    INFO = "INFO"
    NON_BREAKING = "NON_BREAKING"
    BREAKING = "BREAKING"


class Verdict(StrEnum):
    """What a batch's findings amount to: the worst of them."""

    NONE = "NONE"
    INITIAL = "INITIAL"
    NON_BREAKING = "NON_BREAKING"
    BREAKING = "BREAKING"

    @property
    def rank(self) -> int:
        """0 for NONE up to 3 for BREAKING; members themselves compare as text."""
        return _RANK[self]


_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What in the batch shows a difference.

    Attributes:
        count: Records that show it. Inside arrays elements are counted, but never more than
            there are records.
        share: `count` divided by the batch's records, 0 to 1.
        first: The first record that shows it; None when nothing recorded it.
        last: The last one; None as well.
        sample: The shape of the first value, never its content.
        basis: What else speaks for the finding, in words: presence before, likeness of values.
    """

    count: int
    share: float
    first: Position | None = None
    last: Position | None = None
    sample: str | None = None
    basis: str | None = None

    def to_document(self) -> dict[str, Any]:
        """Return the evidence as `docs/contracts/findings.schema.json` has it."""
        return {
            "count": self.count,
            "share": self.share,
            "first": self.first and self.first._asdict(),
            "last": self.last and self.last._asdict(),
            "sample": self.sample,
            "basis": self.basis,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One difference between a batch and the ACTIVE version, judged.

    Attributes:
        pointer: JSON pointer of the field; `*` stands for any element of an array.
        old: Type under the ACTIVE version as Spark DDL; None when the field is new.
        new: Type in the batch as Spark DDL; None when the field is absent.
        targets: Target format → severity, as if the dataset had that target alone.
        accept: The DDL or model patch with which silver takes the change; None when it needs none.
        rebuild: Whether silver must be rebuilt from bronze to take it.
    """

    code: Code
    severity: Severity
    pointer: str
    old: str | None
    new: str | None
    evidence: Evidence
    targets: Mapping[str, Severity] = field(default_factory=dict)
    accept: str | None = None
    rebuild: bool = False

    def to_document(self) -> dict[str, Any]:
        """Return the finding as `docs/contracts/findings.schema.json` has it."""
        return {
            "code": self.code.value,
            "severity": self.severity.value,
            "pointer": self.pointer,
            "old": self.old,
            "new": self.new,
            "evidence": self.evidence.to_document(),
            "targets": {target: severity.value for target, severity in sorted(self.targets.items())},
            "accept": self.accept,
            "rebuild": self.rebuild,
        }
