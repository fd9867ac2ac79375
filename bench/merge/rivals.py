"""Those beside us: each does an operation in a process of its own, two threads, table and increment ready."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from bench.merge.content import Content
from metastore_sync.errors import BrokenError


class Rival(StrEnum):
    """Who does it."""

    DELTA = "delta"
    DUCKDB = "duckdb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    What a process is told.

    Attributes:
        write: A `Write`; empty makes the table of the lines at `increment`.
        increment: Parquet file of what arrives.
        table: A folder for DuckDB's file, an address for Delta.
        store: delta-rs' options of the object store.
        first: Version of the Delta table that is its first rows.
        whole: Whether the source is most of the table (delta-rs then streams it).
    """

    write: str
    increment: str
    table: str
    store: dict[str, str]
    first: int = 0
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalRun:
    """
    One operation.

    Attributes:
        seconds: Wall clock of the write alone, its commit included.
        cpu_seconds: Spent by the process in that time.
        peak_rss_bytes: Its high water mark within the write, all that it had imported included.
        content: What the table holds afterwards.
        details: What the engine says of the write.
    """

    seconds: float
    cpu_seconds: float
    peak_rss_bytes: int
    content: Content
    details: dict[str, Any]


def run(rival: Rival, task: Task) -> RivalRun:
    """
    Let a rival do a task.

    Raises:
        BrokenError: Its process failed.
    """
    command = [sys.executable, "-m", f"bench.merge.{rival}"]
    # The task holds the store's secret, which a command line would show.
    told = json.dumps(asdict(task))
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=told)
    if done.returncode:
        raise BrokenError(
            f"{rival} failed on {task.write or 'its first rows'}: {done.stderr[-800:]}",
            not_done="Nothing was reported.",
            next_command="make bench-merge",
        )
    answer = json.loads(done.stdout.splitlines()[-1])
    return RivalRun(**{**answer, "content": Content(**answer["content"])})
