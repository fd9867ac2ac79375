"""What a run found, as raw JSON and as a table; nothing that did not read the same is reported."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from bench.guard.corpora import Written
from bench.guard.ours import OurRun
from bench.guard.rivals import Run
from metastore_sync.errors import VerdictError

#: Shares of the others' rates that two processes shall reach.
DUCKDB_BAR, SPARK_BAR = 0.6, 2.0
#: Of ours, this many at once.
PROCESSES = 2
_MEGA = 1e6


@dataclass(frozen=True, slots=True)
class Round:
    """What each took for one file, one right after the other; Spark is None when it was left out."""

    ours: OurRun
    alone: OurRun
    duckdb: Run
    spark: Run | None

    @property
    def of_duckdb(self) -> float:
        """Share of DuckDB's rate."""
        return self.duckdb.seconds / self.ours.seconds

    @property
    def of_duckdb_by_cpu(self) -> float:
        """
        Share of DuckDB's rate by CPU time, ours spread over its processes.

        What others do on the machine stretches it less: DuckDB detects on one thread at a time.
        """
        return (self.duckdb.cpu_seconds or 0.0) / (self.ours.cpu_seconds / PROCESSES)

    @property
    def of_spark(self) -> float | None:
        """Multiple of Spark's rate in a session that has read nothing before."""
        return self.spark.seconds / self.ours.seconds if self.spark else None

    @property
    def of_spark_again(self) -> float | None:
        """Multiple of Spark's rate when it reads the file again, its code compiled."""
        again = self.spark.again_seconds if self.spark else None
        return again / self.ours.seconds if again else None


@dataclass(frozen=True, slots=True)
class Result:
    """All rounds over one file."""

    written: Written
    rounds: tuple[Round, ...]

    @property
    def middle(self) -> Round:
        """The round with the middle share of DuckDB's rate."""
        ratio = median(found.of_duckdb for found in self.rounds)
        return min(self.rounds, key=lambda found: abs(found.of_duckdb - ratio))


def verified(results: Sequence[Result]) -> Sequence[Result]:
    """
    Return the results when all read every record, and ours found one schema per corpus.

    Raises:
        VerdictError: Record counts or fingerprints differ, or a record was rejected.
    """
    schemas: dict[str, str] = {}
    for result in results:
        for found in result.rounds:
            runs = (found.ours, found.alone, found.duckdb, found.spark)
            counts = [run.records for run in runs if run]
            if set(counts) != {result.written.records}:
                raise VerdictError(f"{result.written.name}: {result.written.records} written, read {counts}")
            for run in (found.ours, found.alone):
                first = schemas.setdefault(result.written.corpus.name, run.fingerprint)
                if run.rejected or run.fingerprint != first:
                    raise VerdictError(
                        f"{result.written.name}: schema {first} -> {run.fingerprint}, {run.rejected} rejected"
                    )
    return results


def document(results: Sequence[Result], classified_seconds: float) -> dict[str, Any]:
    """Return the raw results; nothing in it names a folder or a machine."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "input": "raw NDJSON",
        "classify_1000_fields_seconds": round(classified_seconds, 5),
        "files": [
            {
                "file": result.written.name,
                "records": result.written.records,
                "text_bytes": result.written.size,
                "rounds": [
                    {
                        **asdict(found),
                        "of_duckdb": found.of_duckdb,
                        "of_duckdb_by_cpu": found.of_duckdb_by_cpu,
                        "of_spark": found.of_spark,
                        "of_spark_again": found.of_spark_again,
                    }
                    for found in result.rounds
                ],
            }
            for result in results
        ],
    }


HEADINGS = (
    "raw NDJSON",
    "record",
    "ours MB/s",
    "DuckDB MB/s",
    "ratio",
    "CPU s ours",
    "CPU s DuckDB",
    "ratio by CPU",
    "Spark MB/s",
    "ratio",
    "Spark again MB/s",
    "ratio",
    "memory over imports",
)


def table(results: Sequence[Result], classified_seconds: float) -> str:
    """Return a Markdown table of the middle rounds; MB are of text, packed or not."""
    lines = [_line(HEADINGS), _line(["---"] * len(HEADINGS)), *(_line(_cells(result)) for result in results)]
    classified = f"two schemas of 1,000 fields classified in {classified_seconds * 1e3:.1f} ms"
    return "\n".join([*lines, "", classified])


def _cells(result: Result) -> list[str]:
    found, size = result.middle, result.written.size
    memory = max(run.peak_over_imports_bytes for one in result.rounds for run in (one.ours, one.alone))
    return [
        result.written.name,
        f"{size / result.written.records:.0f} B",
        f"{size / found.ours.seconds / _MEGA:.0f}",
        f"{size / found.duckdb.seconds / _MEGA:.0f}",
        f"{found.of_duckdb:.2f}",
        f"{found.ours.cpu_seconds:.1f}",
        f"{found.duckdb.cpu_seconds:.1f}",
        f"{found.of_duckdb_by_cpu:.2f}",
        *_of_spark(size, found.spark.seconds if found.spark else None, found.of_spark),
        *_of_spark(size, found.spark.again_seconds if found.spark else None, found.of_spark_again),
        f"{memory / _MEGA:.0f} MB",
    ]


def _of_spark(size: int, seconds: float | None, ratio: float | None) -> tuple[str, str]:
    return (f"{size / seconds / _MEGA:.0f}", f"{ratio:.1f}") if seconds and ratio else ("", "")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
