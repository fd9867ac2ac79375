"""Our own inference over one file, in a process of its own: `python -m bench.guard.ours PATH PROCESSES`."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from metastore_sync.errors import BrokenError
from schema_guard.core.schema import finalise
from schema_guard.local_files import scan_files

#: Between two looks at the other processes' high water marks, in seconds.
_LOOK_SECONDS = 0.02
_KIB = 1024


@dataclass(frozen=True, slots=True)
class OurRun:
    """
    One timed scan, starting its processes included.

    Attributes:
        seconds: Wall clock.
        cpu_seconds: Of all its processes, their start included.
        records: As many as it read.
        rejected: Of these, how many could not become rows.
        fingerprint: Of the schema it found.
        peak_over_imports_bytes: The most that one process held (VmHWM), less what this one held before.
    """

    seconds: float
    cpu_seconds: float
    records: int
    rejected: int
    fingerprint: str
    peak_over_imports_bytes: int


def run(path: Path, processes: int) -> OurRun:
    """
    Infer a file's schema in a process that has done nothing before.

    Raises:
        BrokenError: It failed.
    """
    command = [sys.executable, "-m", "bench.guard.ours", str(path), str(processes)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise BrokenError(
            f"the scan of {path.name} failed: {done.stderr[-500:]}",
            not_done="Nothing was reported.",
            next_command=" ".join(command[1:]),
        )
    return OurRun(**json.loads(done.stdout))


def _measure(path: str, processes: int) -> OurRun:
    before = psutil.Process().memory_info().rss
    peaks: dict[int, int] = {}
    is_over = threading.Event()
    looking = threading.Thread(target=_look, args=(peaks, is_over))
    looking.start()
    began, cpu = time.perf_counter(), _cpu()
    found = scan_files([path], processes=processes)
    seconds, spent = time.perf_counter() - began, _cpu() - cpu
    is_over.set()
    looking.join()
    return OurRun(
        seconds=seconds,
        cpu_seconds=spent,
        records=found.record_count,
        rejected=found.rejected_counts.total(),
        fingerprint=finalise(found.inference).fingerprint,
        peak_over_imports_bytes=max(peaks.values()) - before,
    )


def _look(peaks: dict[int, int], is_over: threading.Event) -> None:
    me = psutil.Process()
    while True:
        for process in (me, *me.children(recursive=True)):
            peaks[process.pid] = max(peaks.get(process.pid, 0), _high_water(process.pid))
        if is_over.wait(_LOOK_SECONDS):
            peaks[me.pid] = max(peaks[me.pid], _high_water(me.pid))
            return


def _high_water(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    marks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(marks[0]) * _KIB if marks else 0


def _cpu() -> float:
    times = psutil.Process().cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(sys.argv[1], int(sys.argv[2])))))
