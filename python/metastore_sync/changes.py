"""What a plan says: changes, drift and problems per dataset, as values and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from metastore_sync.model import Dataset, Source
from metastore_sync.problem_codes import SEVERITY, ProblemCode, Severity

#: Of `tidegate plan --json`; docs/contracts/plan.schema.json describes it.
PLAN_VERSION = 1


@dataclass(frozen=True, slots=True)
class Change:
    """One field or connector key: its text before and after; none where there is none."""

    key: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        """Return the change in one line."""
        if self.old is None:
            return f"+ {self.key}: {self.new}"
        if self.new is None:
            return f"- {self.key}: {self.old}"
        return f"~ {self.key}: {self.old} → {self.new}"


class DriftKind(StrEnum):
    """What somebody changed by hand."""

    #: A key of the connector's config, or of the dataset that an adopted connector declares.
    CONFIG = "config"
    #: Whether the connector runs or rests.
    STATE = "state"
    #: The connector as a whole: it was deleted.
    CONNECTOR = "connector"


class Winner(StrEnum):
    """Whose word counts when registry and Connect differ."""

    #: Datasets of files and of the API: the next `tidegate apply` restores what is declared.
    DECLARATION = "declaration"
    #: Adopted datasets: the next `tidegate sync`, or the service, takes over what Connect has.
    CONNECT = "connect"


_REMEDIES = {
    DriftKind.CONFIG: "apply restores it",
    DriftKind.STATE: "apply resumes it",
    DriftKind.CONNECTOR: "apply creates it again",
}


@dataclass(frozen=True, slots=True)
class Drift:
    """What Connect has otherwise than the registry, and who wins; none where there is none."""

    kind: DriftKind
    key: str
    connect: str | None
    declared: str | None
    winner: Winner

    def __str__(self) -> str:
        """Return the drift, and what ends it, in one line."""
        connect, declared = self.connect or "absent", self.declared or "absent"
        if self.winner is Winner.CONNECT:
            return f"{self.key}: {declared} (registry) → {connect} (Connect); tidegate sync takes it over"
        return f"{self.key}: {connect} (Connect) → {declared} (declared); {_REMEDIES[self.kind]}"


@dataclass(frozen=True, slots=True)
class Problem:
    """What speaks against a dataset, and what to type about it."""

    code: ProblemCode
    fact: str
    next_command: str

    @property
    def severity(self) -> Severity:
        """Whether it refuses the dataset or only warns."""
        return SEVERITY[self.code]

    def to_json(self) -> dict[str, str]:
        """Return the problem as plain JSON values."""
        return {"code": self.code.value, "fact": self.fact, "next_command": self.next_command}


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePlan:
    """
    What applying would do to a dataset's source connector.

    Attributes:
        changes: Of its config, against what Connect runs.
        problems: Why the table cannot be captured, each with what to type.
    """

    name: str
    config: Mapping[str, str] = field(repr=False)
    changes: tuple[Change, ...]
    problems: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetPlan:
    """
    What applying one dataset would do.

    Attributes:
        source: By which way it is declared.
        is_new: Whether the registry does not hold it yet.
        registry: Changes of its declaration.
        connector: Changes of its connector's config.
        drift: What was changed by hand in Connect.
        connector_name: The connector that lands it.
        tasks: How many of its connector's tasks have work.
        dag_appears: Whether its DAG will be new.
        to_scaffold: Models that exist nowhere yet, `brz_<name>.sql` and so on.
        landing: What there is of another sink, or where Tidegate's takes over from it.
        problems: Why it cannot be applied.
        warnings: What is worth knowing and stops nothing.
        capture: The connector that fills its topic from a table; none when somebody else produces.
    """

    dataset: Dataset
    source: Source
    is_new: bool
    registry: tuple[Change, ...]
    connector: tuple[Change, ...]
    drift: tuple[Drift, ...] = ()
    connector_name: str
    tasks: int = 1
    dag_appears: bool = False
    to_scaffold: tuple[str, ...] = ()
    landing: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    capture: CapturePlan | None = None

    @property
    def has_changes(self) -> bool:
        """Whether applying it would change the registry or Connect."""
        return bool(self.registry or self.connector or self.to_correct or self._captures_anew)

    @property
    def _captures_anew(self) -> bool:
        return bool(self.capture and self.capture.changes)

    @property
    def to_correct(self) -> tuple[Drift, ...]:
        """The drift that applying it ends; of adopted datasets none."""
        return tuple(drift for drift in self.drift if drift.winner is Winner.DECLARATION)

    @property
    def is_put(self) -> bool:
        """Whether applying it gives the connector its config anew."""
        return bool(self.connector) or any(drift.kind is not DriftKind.STATE for drift in self.to_correct)

    @property
    def verdict(self) -> str:
        """The whole in one word: refused, new, changed, drifted or unchanged."""
        if self.problems:
            return "refused"
        if self.is_new:
            return "new"
        if self.registry or self.connector or self._captures_anew:
            return "changed"
        return "drifted" if self.drift else "unchanged"


@dataclass(frozen=True, slots=True)
class Plan:
    """The plans of several datasets."""

    datasets: tuple[DatasetPlan, ...]

    @property
    def has_problems(self) -> bool:
        """Whether any dataset cannot be applied."""
        return any(entry.problems for entry in self.datasets)

    def counts(self) -> dict[str, int]:
        """Return verdict → number of datasets."""
        verdicts = [entry.verdict for entry in self.datasets]
        return {word: verdicts.count(word) for word in ("new", "changed", "drifted", "unchanged", "refused")}

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain JSON values, per docs/contracts/plan.schema.json."""
        return {
            "plan_version": PLAN_VERSION,
            "counts": self.counts(),
            "datasets": [_to_json(entry) for entry in self.datasets],
        }


def changes_between(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    """Return the keys whose values differ, in the new order, removed ones last."""
    keys = [*new, *(key for key in old if key not in new)]
    pairs = ((key, old.get(key), new.get(key)) for key in keys)
    return tuple(Change(key, before, after) for key, before, after in pairs if before != after)


def _to_json(entry: DatasetPlan) -> dict[str, Any]:
    return {
        "dataset": entry.dataset.name,
        "source": entry.source.value,
        "verdict": entry.verdict,
        "is_new": entry.is_new,
        "registry": [asdict(change) for change in entry.registry],
        "connector_name": entry.connector_name,
        "connector": [asdict(change) for change in entry.connector],
        "source_connector_name": entry.capture.name if entry.capture else None,
        "source_connector": [asdict(change) for change in entry.capture.changes] if entry.capture else [],
        "drift": [asdict(drift) for drift in entry.drift],
        "dag_appears": entry.dag_appears,
        "to_scaffold": list(entry.to_scaffold),
        "landing": list(entry.landing),
        "problems": [problem.to_json() for problem in entry.problems],
        "warnings": [problem.to_json() for problem in entry.warnings],
    }

