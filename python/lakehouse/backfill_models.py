"""Which models a backfill makes on branches, which follow behind, and dbt's runs of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import stamina

from lakehouse import build, run, slices
from lakehouse.build import FAILED
from metastore_sync.errors import BrokenError, UsageError
from metastore_sync.settings import Settings

#: Strategies that make their rows from a dataset's bronze, so that a window of it can be made again.
STAGED = frozenset({"upsert", "append", "history"})
_BRONZE = "replace_batches"
TARGET = "backfill"

Line = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """
    A dataset's models by what a backfill does with them.

    Attributes:
        staged: Model → table: made on a branch.
        views: Read the branch through their tables, so their tests count before main changes.
        others: Rebuilt whole, once main is new: views, tables, aggregates.
    """

    staged: dict[str, str]
    views: tuple[str, ...]
    others: tuple[str, ...]


def of(settings: Settings, dataset: str) -> Models:
    """
    Return the dataset's models by what becomes of them.

    Raises:
        UsageError: It has none that a backfill can make.
        BrokenError: The project does not parse.
    """
    found = choose(dataset, slices.parse(settings))
    if not found.staged:
        raise UsageError(
            f"{dataset}: no model of it is made from bronze by {' or '.join(sorted(STAGED))}",
            not_done="Nothing was begun.",
            next_command=f"tidegate scaffold {dataset}",
        )
    return found


def choose(dataset: str, manifest: dict[str, Any]) -> Models:
    """Return the dataset's models of a whole manifest."""
    models = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and slices.owner(node) == dataset
    ]
    strategies = {node["name"]: node["config"].get("incremental_strategy") for node in models}
    staged = {
        node["name"]: f"{node['schema']}.{node['alias']}"
        for node in models
        if node["config"]["materialized"] == "incremental" and strategies[node["name"]] in STAGED
    }
    views = tuple(sorted(n["name"] for n in models if n["config"]["materialized"] == "view"))
    others = sorted(n for n, how in strategies.items() if n not in staged and how != _BRONZE)
    return Models(staged=staged, views=views, others=tuple(others))


def stage(settings: Settings, branch: str, models: Models, on_line: Line) -> None:
    """
    Make the rows of the window on the branch.

    Raises:
        BrokenError: A model failed; main is as it was.
    """
    failed = _invoke(settings, branch, ["run", "--select", *sorted(models.staged)], on_line)
    if failed:
        raise _broken(branch, failed)


def tests(settings: Settings, branch: str, models: Models, on_line: Line) -> list[str]:
    """
    Run the tests of what is on the branch, and return a line for each that failed.

    Raises:
        BrokenError: A test could not be run.
    """
    failed = _invoke(settings, branch, ["test", "--select", *sorted(models.staged), *models.views], on_line)
    if any(str(node.status) != "fail" for node in failed):
        raise _broken(branch, failed)
    return [f"{node.node.name}: {node.message}" for node in failed]


def rebuild(settings: Settings, select: Iterable[str], on_line: Line) -> None:
    """Make models anew as a whole, with their tests; each table is replaced in one step."""
    words = " ".join(select)
    if not words:
        return
    for attempt in stamina.retry_context(run.met_another, attempts=run.BUILD_TRIES, timeout=None):
        with attempt:
            build.build(settings, words, on_line=on_line, words=("--full-refresh",))


def _invoke(settings: Settings, branch: str, words: list[str], on_line: Line) -> list[Any]:
    outcome = build.invoke(
        settings,
        [*words, "--exclude-resource-type", "unit_test"] if words[0] == "test" else words,
        target=TARGET,
        on_line=on_line,
        environment={"TIDEGATE_BRANCH": branch},
    )
    executed = getattr(outcome.result, "results", None)
    if executed is None:
        raise BrokenError(
            f"{branch}: dbt did not start: {outcome.exception or 'no reason given'}",
            not_done="Main is as it was.",
            next_command="tidegate doctor",
        )
    return [node for node in executed if str(node.status) in FAILED]


def _broken(branch: str, failed: list[Any]) -> BrokenError:
    return BrokenError(
        f"{branch}: {len(failed)} dbt node(s) failed, first {failed[0].node.name}",
        where="\n".join(line for node in failed for line in build.told(node)),
        not_done="Main is as it was.",
        next_command="tidegate backfill --list",
    )
