"""The same scan in Spark's Python workers: a task reads some files, the driver adds up what they found."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from metastore_sync.errors import BrokenError, UsageError
from schema_guard.local_files import LocalScan, scan_files

#: Tasks per core, so that one large file does not hold up the rest.
_TASKS_PER_CORE = 4


class SparkTasks:
    """Reads files that every worker sees under the same path; `spark.master` is `local[*]` unless set."""

    def scan(self, paths: Sequence[str], on_read: Callable[[int], None]) -> LocalScan:
        """Return what is in some files; standard input is not one of them."""
        if "-" in paths:
            raise UsageError(
                "-: standard input cannot be read by Spark's workers",
                not_done="Nothing was inferred.",
                next_command="tidegate infer -",
            )
        total = LocalScan()
        for part in _parts(paths):
            if isinstance(part, str):
                raise UsageError(
                    part, not_done="Nothing was inferred.", next_command="tidegate infer FILE.ndjson"
                )
            total.merge(part)
        on_read(sum(Path(path).stat().st_size for path in paths))
        return total


def _parts(paths: Sequence[str]) -> list[LocalScan | str]:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        with SparkSession.builder.appName("tidegate infer").getOrCreate() as session:
            context = session.sparkContext
            tasks = min(len(paths), context.defaultParallelism * _TASKS_PER_CORE)
            return context.parallelize(paths, tasks).mapPartitions(_scan).collect()
    except (PySparkException, Py4JError) as mistake:
        raise BrokenError(
            f"Spark could not scan {len(paths)} files: {str(mistake).splitlines()[0]}",
            not_done="Nothing was inferred.",
            next_command="tidegate infer FILE.ndjson --engine local",
        ) from mistake


def _scan(paths: Iterable[str]) -> Iterator[LocalScan | str]:
    """Yield what one task found, or the fact that ended it."""
    try:
        yield scan_files(list(paths), processes=1)
    except UsageError as mistake:
        yield mistake.fact
