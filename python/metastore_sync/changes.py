"""What a plan says: changes and problems per dataset, as values, as JSON and as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from metastore_sync.model import Dataset


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


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a dataset cannot be applied, and what to type about it."""

    fact: str
    next_command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetPlan:
    """
    What applying one dataset would do.

    Attributes:
        is_new: Whether the registry does not hold it yet.
        registry: Changes of its declaration.
        connector: Changes of its connector's config.
        connector_name: The connector that lands it.
        dag_appears: Whether its DAG will be new.
        to_scaffold: Models that exist nowhere yet, `brz_<name>.sql` and so on.
        problems: Why it cannot be applied.
    """

    dataset: Dataset
    is_new: bool
    registry: tuple[Change, ...]
    connector: tuple[Change, ...]
    connector_name: str
    dag_appears: bool
    to_scaffold: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def has_changes(self) -> bool:
        """Whether applying it would change the registry or Connect."""
        return bool(self.registry or self.connector)


@dataclass(frozen=True, slots=True)
class Plan:
    """The plans of several datasets."""

    datasets: tuple[DatasetPlan, ...]

    @property
    def has_problems(self) -> bool:
        """Whether any dataset cannot be applied."""
        return any(entry.problems for entry in self.datasets)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain JSON values."""
        return {"datasets": [_to_json(entry) for entry in self.datasets]}

    def render(self) -> str:
        """Return the plan as text for a terminal."""
        lines = [line for entry in self.datasets for line in _lines(entry)]
        refused = sum(bool(entry.problems) for entry in self.datasets)
        fine = [entry for entry in self.datasets if not entry.problems]
        new = sum(entry.is_new for entry in fine)
        changed = sum(entry.has_changes and not entry.is_new for entry in fine)
        counts = f"{new} new, {changed} changed, {len(fine) - new - changed} unchanged"
        return "\n".join([*lines, f"{counts}, {refused} refused"])


def changes_between(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    """Return the keys whose values differ, in the new order, removed ones last."""
    keys = [*new, *(key for key in old if key not in new)]
    pairs = ((key, old.get(key), new.get(key)) for key in keys)
    return tuple(Change(key, before, after) for key, before, after in pairs if before != after)


def _to_json(entry: DatasetPlan) -> dict[str, Any]:
    return {
        "dataset": entry.dataset.name,
        "is_new": entry.is_new,
        "registry": [asdict(change) for change in entry.registry],
        "connector_name": entry.connector_name,
        "connector": [asdict(change) for change in entry.connector],
        "dag_appears": entry.dag_appears,
        "to_scaffold": list(entry.to_scaffold),
        "problems": [asdict(problem) for problem in entry.problems],
    }


def _lines(entry: DatasetPlan) -> Iterator[str]:
    name = entry.dataset.name
    if entry.problems:
        yield f"{name}: refused"
        for problem in entry.problems:
            yield f"    {problem.fact}"
            yield f"    Next: {problem.next_command}"
        return
    yield f"{name}: {'new' if entry.is_new else 'changed' if entry.has_changes else 'unchanged'}"
    yield from (f"    registry   {change}" for change in entry.registry)
    yield from (f"    {entry.connector_name}   {change}" for change in entry.connector)
    if entry.dag_appears:
        yield f"    dag        + {name}"
    yield from (f"    models     + {model} (to scaffold)" for model in entry.to_scaffold)
