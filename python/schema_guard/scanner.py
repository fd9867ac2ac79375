"""Who reads files and infers what is in them: one interface, identical fingerprints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, assert_never

from schema_guard.local_files import LocalScan, scan_files


class Engine(StrEnum):
    """Where the scan's Python runs."""

    LOCAL = "local"
    SPARK = "spark"


class Scanner(Protocol):
    """Reads NDJSON, every record of it."""

    def scan(self, paths: Sequence[str], on_read: Callable[[int], None]) -> LocalScan:
        """
        Return what is in some files, `.gz` or plain.

        Args:
            paths: Files of one JSON object per line.
            on_read: Told how many stored bytes were read, each time some were.

        Raises:
            UsageError: A file cannot be read, or is damaged.
        """


@dataclass(frozen=True, slots=True)
class LocalProcesses:
    """Reads in this process and others; by default one per core."""

    processes: int | None = None

    def scan(self, paths: Sequence[str], on_read: Callable[[int], None]) -> LocalScan:
        """Return what is in some files; `-` is standard input."""
        return scan_files(paths, on_read, processes=self.processes)


def scanner(engine: Engine) -> Scanner:
    """Return the scanner of an engine."""
    match engine:
        case Engine.LOCAL:
            return LocalProcesses()
        case Engine.SPARK:
            from schema_guard.edges.spark_scan import SparkTasks  # noqa: PLC0415  Java only when asked for

            return SparkTasks()
        case _:
            assert_never(engine)
