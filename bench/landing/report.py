"""What a run found, as raw JSON and as a table."""

from __future__ import annotations

import dataclasses
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from bench.landing.cases import Case, Compression
from bench.landing.drain import Drain
from bench.landing.tally import Tally, require_equal

#: Share of the counting consumer's rate that a drain of 200 B records shall reach.
BARS = {Compression.GZIP: 0.13, Compression.NONE: 0.15}
_MEGA = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """
    One drain that was verified, with its baseline.

    Attributes:
        case: What was drained.
        produced: What the broker had acknowledged.
        counting: The counting consumer's own words, run right before.
        drain: The drain.
        overrides: Connector settings beside the bench's own.
    """

    case: Case
    produced: Tally
    counting: dict[str, Any]
    drain: Drain
    overrides: dict[str, str]

    @property
    def rate(self) -> float:
        """Records per second that landed."""
        return self.produced.records / self.drain.seconds

    @property
    def counting_rate(self) -> float:
        """Records per second that the counting consumer read."""
        return float(self.counting["records"] / self.counting["seconds"])

    @property
    def ratio(self) -> float:
        """Share of the counting consumer's rate."""
        return self.rate / self.counting_rate


def verified(
    case: Case, produced: Tally, counting: dict[str, Any], drain: Drain, overrides: dict[str, str]
) -> Result:
    """
    Return the result of a drain that landed, and a count that read, exactly what was produced.

    Raises:
        VerdictError: One of them did not.
    """
    counted = Tally(counting["records"], counting["value_bytes"], produced.digest)
    require_equal(case.name, produced, counted, by="counted")
    require_equal(case.name, produced, drain.landed, by="landed")
    return Result(
        case=case, produced=produced, counting=counting, drain=drain, overrides=overrides
    )


def document(results: Sequence[Result]) -> dict[str, Any]:
    """Return the raw results; nothing in it names a folder or a machine."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "runs": [_run(result) for result in results],
    }


def _run(result: Result) -> dict[str, Any]:
    return {
        "case": dataclasses.asdict(result.case),
        "overrides": result.overrides,
        "produced": _tally(result.produced),
        "landed": _tally(result.drain.landed),
        "start_seconds": result.drain.start_seconds,
        "seconds": result.drain.seconds,
        "records_per_second": round(result.rate),
        "value_megabytes_per_second": round(_megabytes(result), 1),
        **dataclasses.asdict(result.drain.usage),
        "counting": {**result.counting, "records_per_second": round(result.counting_rate)},
        "ratio": round(result.ratio, 3),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {**dataclasses.asdict(tally), "digest": f"{tally.digest:032x}"}


def _megabytes(result: Result) -> float:
    return result.produced.value_bytes / result.drain.seconds / _MEGA


HEADINGS = (
    "partitions",
    "value",
    "stored",
    "records/s",
    "MB/s of values",
    "worker CPU s per million",
    "counting CPU s per million",
    "peak RSS MB",
    "peak heap MB",
    "counting records/s",
    "ratio",
    "CPU used by others",
)


def table(results: Sequence[Result]) -> str:
    """Return a Markdown table: a line per case, of several runs the one with the middle ratio."""
    by_case: dict[str, list[Result]] = {}
    for result in results:
        by_case.setdefault(result.case.name, []).append(result)
    lines = [_line(HEADINGS), _line(["---"] * len(HEADINGS))]
    return "\n".join([*lines, *(_line(_cells(_middle(runs))) for runs in by_case.values())])


def _middle(runs: Sequence[Result]) -> Result:
    middle = median([run.ratio for run in runs])
    return min(runs, key=lambda run: abs(run.ratio - middle))


def _cells(result: Result) -> list[str]:
    used, topic = result.drain.usage, result.case.topic
    cpu = used.cpu_seconds["connect"] / result.produced.records * _MEGA
    others = used.cpu_seconds["other"] / (result.drain.seconds * (os.cpu_count() or 1))
    return [
        str(topic.partitions),
        f"{topic.value_bytes} B",
        result.case.compression.value,
        f"{result.rate:,.0f}",
        f"{_megabytes(result):.0f}",
        f"{cpu:.1f}",
        f"{result.counting['cpu_seconds'] / result.produced.records * _MEGA:.1f}",
        f"{used.peak_rss_bytes / _MEGA:.0f}",
        f"{used.peak_heap_bytes / _MEGA:.0f}",
        f"{result.counting_rate:,.0f}",
        f"{result.ratio:.2f}",
        f"{others:.0%}",
    ]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
