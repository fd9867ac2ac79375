"""The bench's own stack: registry, store and Spark, and for idle runs the service, in a home of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

from metastore_sync import settings as known
from metastore_sync.settings import PROJECT, Settings
from tidegate.stack import installation, lifecycle, ports
from tidegate.stack.supervisor import Supervisor

HOME = PROJECT / ".tidegate-bench"


class Stack:
    """A running stack."""

    def __init__(self, base: int) -> None:
        self.environment = {"TIDEGATE_HOME": str(HOME), "TIDEGATE_PORT_BASE": str(base)}

    @property
    def settings(self) -> Settings:
        """Where its parts are."""
        return known.load(self.environment)

    def up(self, parts: Sequence[str]) -> None:
        """Start parts, with those they need, and wait until they are healthy."""
        lifecycle.up(self.environment, parts=parts)

    def cpu_seconds(self) -> dict[str, float]:
        """Return the CPU time that each running program has used, its children's included."""
        found = Supervisor(installation.describe(self.environment).layout).processes()
        return {name: _used(process.pid) for name, process in found.items() if process.pid}

    def down(self) -> None:
        """Stop it."""
        lifecycle.down(self.environment)


def _used(pid: int) -> float:
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(spent.user + spent.system for spent in times)


@contextmanager
def running(base: int | None, parts: Sequence[str], *, keep: bool) -> Iterator[Stack]:
    """
    Yield a stack with empty data; it is gone afterwards.

    Args:
        base: Port base; None takes the first one that is free.
        parts: What to start.
        keep: Leave it up, with everything it holds.
    """
    stack = Stack(ports.free_base() if base is None else base)
    if HOME.exists():
        stack.down()
        shutil.rmtree(HOME)
    stack.up(parts)
    try:
        yield stack
    finally:
        if not keep:
            stack.down()
            shutil.rmtree(HOME)
