"""Spreads the scan of a batch over processes or Spark's workers; the parts add up in any order."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from metastore_sync.errors import BrokenError, UsageError
from metastore_sync.settings import Settings
from schema_guard.edges.s3 import Store
from schema_guard.reading import ObjectRange, Rules, Scan
from schema_guard.scan import scan

#: Stored bytes below which starting processes costs more than it saves.
SMALL_BATCH_BYTES = 8 << 20
#: Parts per process, so that one slow part does not hold up the rest.
_PARTS_PER_PROCESS = 4
#: Most tasks of one scan in Spark; a batch has 1,000 objects at most.
_SPARK_TASKS = 64


def scan_batch(settings: Settings, sources: Sequence[ObjectRange], rules: Rules, folder: Path) -> Scan:
    """
    Read all ranges of a batch, in this process or in several; rejected records wait in `folder`.

    Raises:
        BrokenError: An object is missing or damaged, or a process died; nothing is half counted.
    """
    if _is_for_spark(settings, rules.dataset) and _size(sources) >= SMALL_BATCH_BYTES:
        return in_spark(settings, sources, rules, folder)
    processes = _processes(sources)
    parts = _parts(sources, processes * _PARTS_PER_PROCESS if processes > 1 else 1)
    files = [folder / f"{number}.rejected" for number in range(len(parts))]
    if processes == 1:
        return scan(Store(settings), parts[0], rules, files[0])
    total = Scan()
    spawn = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
            jobs = [
                pool.submit(_scan_part, settings, part, rules, file)
                for part, file in zip(parts, files, strict=True)
            ]
            for job in jobs:
                total.merge(job.result())
    except BrokenProcessPool as mistake:
        raise BrokenError(
            f"{rules.dataset}: a scanning process died: {mistake}",
            not_done="Nothing was admitted.",
            next_command=f"tidegate check {rules.dataset}",
        ) from mistake
    return total


def in_spark(settings: Settings, sources: Sequence[ObjectRange], rules: Rules, folder: Path) -> Scan:
    """
    Read all ranges of a batch in Spark's workers: the very same scan.

    Raises:
        BrokenError: As `scan_batch`, or Spark failed.
    """
    from schema_guard.edges.spark_objects import scan_objects  # noqa: PLC0415  Java only when asked for

    parts = _parts(sources, _SPARK_TASKS)
    return scan_objects(settings, parts, rules, [folder / f"{n}.rejected" for n in range(len(parts))])


def _is_for_spark(settings: Settings, dataset: str) -> bool:
    if settings.scan_engine not in {"local", "spark"}:
        raise UsageError(
            f"TIDEGATE_SCAN_ENGINE is {settings.scan_engine!r}; allowed: local, spark",
            not_done="Nothing was read.",
            next_command=f"TIDEGATE_SCAN_ENGINE=local tidegate check {dataset}",
        )
    return settings.scan_engine == "spark"


def _size(sources: Sequence[ObjectRange]) -> int:
    return sum(source.bytes for source in sources)


def _scan_part(settings: Settings, sources: Sequence[ObjectRange], rules: Rules, file: Path) -> Scan:
    return scan(Store(settings), sources, rules, file)


def _processes(sources: Sequence[ObjectRange]) -> int:
    # A daemonic process (some task runners' workers) may not start any.
    if _size(sources) < SMALL_BATCH_BYTES or multiprocessing.current_process().daemon:
        return 1
    return min(os.cpu_count() or 1, len(sources))


def _parts(sources: Sequence[ObjectRange], count: int) -> list[list[ObjectRange]]:
    """Deal the ranges out, largest first, each to the part that has the least so far."""
    parts: list[list[ObjectRange]] = [[] for _ in range(min(count, len(sources)))]
    sizes = [0] * len(parts)
    for source in sorted(sources, key=lambda source: source.bytes, reverse=True):
        smallest = sizes.index(min(sizes))
        parts[smallest].append(source)
        sizes[smallest] += source.bytes
    return parts
