"""The scan of a batch in Spark's Python workers: a task reads some landed objects from the store itself."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from metastore_sync.errors import BrokenError, TidegateError
from metastore_sync.settings import Settings
from schema_guard.edges.s3 import Store
from schema_guard.reading import ObjectRange, Rules, Scan
from schema_guard.scan import scan

#: What a task sends back: its scan and the bytes of its rejected records, or the error that ended it.
Found: TypeAlias = tuple[Scan, bytes] | TidegateError


def scan_objects(
    settings: Settings, parts: Sequence[Sequence[ObjectRange]], rules: Rules, files: Sequence[Path]
) -> Scan:
    """
    Read parts of a batch, each in a task of its own; `spark.master` is `local[*]` unless set.

    Args:
        settings: Where the store is, as the workers see it.
        parts: Ranges of landed objects.
        rules: By which records are read.
        files: One per part, for its rejected records; made only when there are any.

    Raises:
        BrokenError: An object is missing or damaged, or Spark failed; nothing is half counted.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    total = Scan()
    try:
        with SparkSession.builder.appName(f"tidegate check {rules.dataset}").getOrCreate() as session:
            tasks = session.sparkContext.parallelize(parts, len(parts))
            found = tasks.mapPartitions(_task(settings, rules)).collect()
    except (PySparkException, Py4JError) as mistake:
        raise BrokenError(
            f"{rules.dataset}: Spark could not scan the batch: {str(mistake).splitlines()[0]}",
            not_done="Nothing was admitted.",
            next_command=f"TIDEGATE_SCAN_ENGINE=local tidegate check {rules.dataset}",
        ) from mistake
    for one, file in zip(found, files, strict=True):
        if isinstance(one, TidegateError):
            raise one
        part, rejected = one
        if rejected:
            file.write_bytes(rejected)
        total.merge(replace(part, rejected_files=(file,)))
    return total


def _task(
    settings: Settings, rules: Rules
) -> Callable[[Iterable[Sequence[ObjectRange]]], Iterator[Found]]:
    def read(parts: Iterable[Sequence[ObjectRange]]) -> Iterator[Found]:
        for part in parts:
            with tempfile.TemporaryDirectory(prefix="tidegate-guard-") as folder:
                file = Path(folder) / "rejected"
                try:
                    done = scan(Store(settings), part, rules, file)
                    yield done, file.read_bytes() if file.exists() else b""
                except TidegateError as mistake:
                    yield mistake

    return read
