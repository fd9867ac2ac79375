"""What a run says it did; importing it loads neither dbt nor Spark's client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from metastore_sync.errors import EXIT_BROKEN, EXIT_FINE, EXIT_USAGE, EXIT_VERDICT

#: Worst last: a part that broke may hide a verdict, so it is told first.
_ORDER = (EXIT_FINE, EXIT_VERDICT, EXIT_USAGE, EXIT_BROKEN)


class Step(StrEnum):
    """The steps of one dataset's run, in order."""

    GUARD = "guard"
    BUILD = "build"
    RECEIPT = "receipt"


@dataclass(slots=True, kw_only=True)
class RunResult:
    """
    What a run did for one dataset or mart area.

    Attributes:
        name: Dataset, or `marts.<area>`.
        exit_code: 0 fine, 1 the verdict says no, 2 broke, 64 wrong usage.
        batches: Batches the guard admitted in this run.
        records: Records of those batches that became rows.
        nodes: Models and tests that dbt ran.
        receipts: Receipt lines that were made; all green when the exit code is 0.
        seconds: Wall clock per step that was begun.
        message: The whole error when the exit code is not 0.
    """

    name: str
    exit_code: int = EXIT_FINE
    batches: int = 0
    records: int = 0
    nodes: int = 0
    receipts: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    message: str = ""


def worst(results: Iterable[RunResult]) -> int:
    """Return the exit code of a whole run: the worst of its results'."""
    return max((r.exit_code for r in results), key=_ORDER.index, default=EXIT_FINE)
