"""A plan as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from metastore_sync.changes import DatasetPlan, Plan, Problem
from metastore_sync.problem_codes import Severity


def render(plan: Plan) -> str:
    """Return what would change, what drifted and what speaks against it; the counts come last."""
    lines = [line for entry in plan.datasets for line in _lines(entry)]
    counts = ", ".join(f"{count} {word}" for word, count in plan.counts().items())
    return "\n".join([*lines, counts])


def _lines(entry: DatasetPlan) -> Iterator[str]:
    yield f"{entry.dataset.name}: {entry.verdict}"
    for problem in entry.problems:
        yield from _problem(problem)
    yield from (f"    drift      {drift}" for drift in entry.drift)
    if not entry.problems:
        yield from (f"    registry   {change}" for change in entry.registry)
        if entry.capture:
            yield from (f"    {entry.capture.name}   {change}" for change in entry.capture.changes)
        yield from (f"    {entry.connector_name}   {change}" for change in entry.connector)
        yield from (f"    landing    {line}" for line in entry.landing)
        if entry.dag_appears:
            yield f"    dag        + {entry.dataset.name}"
        yield from (f"    models     + {model} (to scaffold)" for model in entry.to_scaffold)
    for warning in entry.warnings:
        yield from _problem(warning)


def _problem(problem: Problem) -> Iterator[str]:
    warning = " (warning)" if problem.severity is Severity.WARNS else ""
    yield f"    {problem.code}{warning}  {problem.fact}"
    yield f"    Next: {problem.next_command}"
