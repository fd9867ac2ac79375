"""What the processes of the stack use while a drain runs."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

#: Columns of `jstat -gc` that are used heap, in KiB: both survivors, eden, old.
_USED = ("S0U", "S1U", "EU", "OU")
_JSTAT_MILLIS = "250"
_KIB = 1024


@dataclass(slots=True)
class Usage:
    """
    CPU and memory over one window.

    Attributes:
        cpu_seconds: By program (`connect`, `kafka`, `s3`), and `other` for all else on the machine.
        peak_rss_bytes: Most memory the worker held at once since its start (the kernel's VmHWM).
        peak_heap_bytes: Most Java heap seen in use, garbage included, sampled four times a second.
        peak_live_bytes: Most old generation seen in use: what outlived young collections, garbage of
            that age included.
    """

    cpu_seconds: dict[str, float] = field(default_factory=dict)
    peak_rss_bytes: int = 0
    peak_heap_bytes: int = 0
    peak_live_bytes: int = 0


@contextmanager
def measured(pids: Mapping[str, int]) -> Iterator[Usage]:
    """
    Fill the usage that is yielded when the block ends.

    Args:
        pids: Process id by program; `connect` is the worker.
    """
    usage, before, machine = Usage(), _cpu(pids), _busy()
    with _heap(pids["connect"], usage):
        yield usage
        after, busy = _cpu(pids), _busy() - machine
    usage.cpu_seconds = {name: round(after[name] - before[name], 2) for name in pids}
    usage.cpu_seconds["other"] = round(max(0.0, busy - sum(usage.cpu_seconds.values())), 2)
    usage.peak_rss_bytes = _high_water(pids["connect"])


def _cpu(pids: Mapping[str, int]) -> dict[str, float]:
    times = {name: psutil.Process(pid).cpu_times() for name, pid in pids.items()}
    return {name: spent.user + spent.system for name, spent in times.items()}


def _busy() -> float:
    """Seconds that all cores together have worked since boot."""
    spent = psutil.cpu_times()
    return float(sum(spent) - spent.idle - spent.iowait - spent.guest - spent.guest_nice)


def _high_water(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * _KIB for line in status.splitlines() if line.startswith("VmHWM"))


@contextmanager
def _heap(pid: int, usage: Usage) -> Iterator[None]:
    command = ["jstat", "-gc", str(pid), _JSTAT_MILLIS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as jstat:
        reader = threading.Thread(target=_follow, args=(jstat, usage))
        reader.start()
        try:
            yield
        finally:
            jstat.terminate()
            reader.join()


def _follow(jstat: subprocess.Popen[str], usage: Usage) -> None:
    lines = iter(jstat.stdout or ())
    columns = next(lines, "").split()
    for line in lines:
        sample = dict(zip(columns, map(_number, line.split()), strict=False))
        used = sum(sample[name] for name in _USED) * _KIB
        usage.peak_heap_bytes = max(usage.peak_heap_bytes, int(used))
        usage.peak_live_bytes = max(usage.peak_live_bytes, int(sample["OU"] * _KIB))


def _number(text: str) -> float:
    """Return a column's number; columns that a collector does not have are dashes."""
    return float(text) if text != "-" else 0.0
