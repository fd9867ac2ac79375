"""What a rival's process does around its write: read the task, take the time, tell the result."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from bench.merge.content import Content
from bench.merge.rivals import RivalRun, Task
from bench.merge.usage import measured

#: Threads of each rival: as many as Spark has.
THREADS = 2


def task() -> Task:
    """Return what this process was told on its standard input."""
    return Task(**json.load(sys.stdin))


def timed(write: Callable[[], dict[str, Any]], look: Callable[[], Content]) -> None:
    """Do the write within the window, look at the table after it, print a `RivalRun` as JSON."""
    with measured({"own": os.getpid()}) as usage:
        details = write()
    done = RivalRun(
        seconds=usage.seconds,
        cpu_seconds=usage.cpu_seconds["own"],
        peak_rss_bytes=usage.peak_rss_bytes["own"],
        content=look(),
        details=details,
    )
    print(json.dumps(asdict(done), default=str))
