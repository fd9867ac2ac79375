"""What processes use while an operation runs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_KIB = 1024
#: Written to clear_refs, it sets the kernel's high water mark back to what is resident (proc(5)).
_FORGET_PEAK = "5"


@dataclass(slots=True)
class Usage:
    """
    One window.

    Attributes:
        seconds: Wall clock.
        cpu_seconds: By program; `other` is all else that the machine did.
        peak_rss_bytes: By program, the most that was resident at once within the window (VmHWM).
    """

    seconds: float = 0.0
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    peak_rss_bytes: dict[str, int] = field(default_factory=dict)


@contextmanager
def measured(pids: Mapping[str, int]) -> Iterator[Usage]:
    """Fill the usage that is yielded when the block ends, for the process of each program."""
    for pid in pids.values():
        Path(f"/proc/{pid}/clear_refs").write_text(_FORGET_PEAK, encoding="ascii")
    usage, before, machine, began = Usage(), _cpu(pids), _busy(), time.perf_counter()
    yield usage
    usage.seconds = time.perf_counter() - began
    after, busy = _cpu(pids), _busy() - machine
    usage.cpu_seconds = {name: round(after[name] - before[name], 2) for name in pids}
    usage.cpu_seconds["other"] = round(max(0.0, busy - sum(usage.cpu_seconds.values())), 2)
    usage.peak_rss_bytes = {name: _high_water(pid) for name, pid in pids.items()}


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
