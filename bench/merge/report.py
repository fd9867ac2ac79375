"""What a run found, as raw JSON and as a table; nothing whose contents differ is reported."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median
from typing import Any

from bench.merge import content
from bench.merge.content import Content
from bench.merge.operations import Form, Operation
from bench.merge.ours import OurRun
from bench.merge.rivals import Rival, RivalRun

_MEGA = 1e6
#: What the commit says that tells how it wrote.
_SUMMARY = (
    "added-data-files",
    "added-delete-files",
    "deleted-data-files",
    "added-records",
    "added-position-deletes",
    "added-files-size",
)


@dataclass(frozen=True, slots=True)
class Round:
    """What each contender took for one operation, one right after the other."""

    ours: dict[Form, OurRun]
    rivals: dict[Rival, RivalRun]

    @property
    def contents(self) -> dict[str, Content]:
        """What each of them made, by its name."""
        found = {f"tidegate {form}": run.content for form, run in self.ours.items()}
        return found | {str(rival): run.content for rival, run in self.rivals.items()}


@dataclass(frozen=True, slots=True)
class Result:
    """All rounds of one operation."""

    operation: Operation
    before: int
    increment: int
    after: Content
    rounds: tuple[Round, ...]


def verified(operation: Operation, before: int, increment: int, rounds: Sequence[Round]) -> Result:
    """
    Return the result of rounds that all ended with the same rows.

    Raises:
        VerdictError: Two contenders, or two rounds, did not.
    """
    found = {
        f"{who}, round {number}": made
        for number, one in enumerate(rounds, 1)
        for who, made in one.contents.items()
    }
    after = content.require_equal(operation.name, found)
    return Result(operation, before, increment, after, tuple(rounds))


def document(results: Sequence[Result], scale: float) -> dict[str, Any]:
    """Return the raw results; nothing in it names a folder or a machine."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "scale_factor": scale,
        "versions": {name: version(name) for name in ("pyspark", "dbt-spark", "deltalake", "duckdb")},
        "operations": [_operation(result) for result in results],
    }


def _operation(result: Result) -> dict[str, Any]:
    return {
        "operation": result.operation.name,
        "rows_before": result.before,
        "increment_rows": result.increment,
        "rows_after": result.after.rows,
        "digest": str(result.after.digest),
        "rounds": [
            {
                "tidegate": {str(form): _ours(run) for form, run in one.ours.items()},
                **{str(rival): _rival(run) for rival, run in one.rivals.items()},
            }
            for one in result.rounds
        ],
    }


def _ours(run: OurRun) -> dict[str, Any]:
    return {
        "seconds": round(run.seconds, 2),
        "dbt_seconds": round(run.dbt_seconds, 2),
        "cpu_seconds": run.usage.cpu_seconds,
        "peak_rss_bytes": run.usage.peak_rss_bytes,
        "commit": {name: int(run.summary[name]) for name in _SUMMARY if name in run.summary},
    }


def _rival(run: RivalRun) -> dict[str, Any]:
    told = asdict(run)
    del told["content"]
    return {**told, "seconds": round(run.seconds, 2), "cpu_seconds": round(run.cpu_seconds, 2)}


HEADINGS = (
    "operation",
    "rows before",
    "increment",
    "rows after",
    "Tidegate writes by",
    "Tidegate s",
    "delta-rs s",
    "DuckDB s",
    "of delta-rs",
    "CPU s: Spark, delta-rs, DuckDB",
    "peak RSS MB: Spark, delta-rs, DuckDB",
)


def table(results: Sequence[Result]) -> str:
    """Return a Markdown table of medians, with the fastest and the slowest round when there are several."""
    lines = [_line(HEADINGS), _line(["---"] * len(HEADINGS))]
    lines += [_line(_cells(result, form)) for result in results for form in result.operation.forms]
    return "\n".join(lines)


def _cells(result: Result, form: Form) -> list[str]:
    rounds, is_first = result.rounds, form is result.operation.forms[0]
    ours = [one.ours[form] for one in rounds]
    others = {rival: [one.rivals[rival] for one in rounds] for rival in Rival}
    delta = others[Rival.DELTA]
    ratio = median(run.seconds for run in ours) / median(run.seconds for run in delta)
    cpu = [
        median(run.usage.cpu_seconds["spark"] for run in ours),
        *(median(run.cpu_seconds for run in runs) for runs in others.values()),
    ]
    peak = [
        max(run.usage.peak_rss_bytes["spark"] for run in ours),
        *(max(run.peak_rss_bytes for run in runs) for runs in others.values()),
    ]
    return [
        result.operation.title if is_first else "",
        f"{result.before:,}" if is_first else "",
        f"{result.increment:,}" if is_first else "",
        f"{result.after.rows:,}" if is_first else "",
        str(form),
        _spread([run.seconds for run in ours]),
        *(_spread([run.seconds for run in runs]) for runs in others.values()),
        f"{ratio:.1f}",
        ", ".join(f"{seconds:.1f}" for seconds in cpu),
        ", ".join(f"{size / _MEGA:,.0f}" for size in peak),
    ]


def _spread(seconds: Sequence[float]) -> str:
    """
    Return the median, and the range that it lies in.

    >>> _spread([2.0]), _spread([3.0, 1.0, 2.0])
    ('2.0', '2.0 (1.0-3.0)')
    """
    middle = f"{median(seconds):.1f}"
    return middle if len(seconds) == 1 else f"{middle} ({min(seconds):.1f}-{max(seconds):.1f})"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
