"""The bench's own stack: catalog, store and Spark, in a home and on ports of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metastore_sync import settings as known
from metastore_sync.settings import PROJECT, Settings
from tidegate.stack import installation, lifecycle, ports
from tidegate.stack.supervisor import Supervisor

HOME = PROJECT / ".tidegate-bench-merge"
PARTS = ("postgres", "s3", "spark")
#: Of these the CPU time and the memory are told.
WATCHED = ("spark", "s3")


class Stack:
    """A running stack."""

    def __init__(self, base: int) -> None:
        self._environment = {"TIDEGATE_HOME": str(HOME), "TIDEGATE_PORT_BASE": str(base)}

    @property
    def settings(self) -> Settings:
        """Where its parts are."""
        return known.load(self._environment)

    @property
    def files(self) -> Path:
        """A folder for what contenders read."""
        return HOME / "lines"

    def up(self) -> None:
        """Start it and wait until it is healthy."""
        lifecycle.up(self._environment, parts=PARTS)
        self.files.mkdir(exist_ok=True)

    def pids(self) -> dict[str, int]:
        """Return the process id of each part that is watched."""
        processes = Supervisor(installation.describe(self._environment).layout).processes()
        return {name: processes[name].pid for name in WATCHED}

    def down(self) -> None:
        """Stop it."""
        lifecycle.down(self._environment)


@contextmanager
def running(base: int | None, *, keep: bool) -> Iterator[Stack]:
    """
    Yield a stack with empty data; it is gone afterwards.

    Args:
        base: Port base; None takes the first one that is free.
        keep: Leave it up, with everything it holds.
    """
    stack = Stack(ports.free_base() if base is None else base)
    if HOME.exists():
        stack.down()
        shutil.rmtree(HOME)
    stack.up()
    try:
        yield stack
    finally:
        if not keep:
            stack.down()
            shutil.rmtree(HOME)
