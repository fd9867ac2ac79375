"""What a rival's process does around its write: read the task, take the time, tell the result."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from bench.merge.content import Content
from bench.merge.rivals import RivalRun, Task

#: Threads of each rival: as many as Spark has.
THREADS = 2
_KIB = 1024


def task() -> Task:
    """Return what this process was told on its standard input."""
    return Task(**json.load(sys.stdin))


def timed(write: Callable[[], dict[str, Any]], look: Callable[[], Content]) -> None:
    """Do the write within the window, look at the table after it, print a `RivalRun` as JSON."""
    began, cpu = time.perf_counter(), time.process_time()
    details = write()
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB
    done = RivalRun(seconds=seconds, cpu_seconds=spent, peak_rss_bytes=peak, content=look(), details=details)
    print(json.dumps(asdict(done), default=str))
