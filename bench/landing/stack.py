"""The bench's own light stack: broker, store and worker, in a home and on ports of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metastore_sync import settings as known
from metastore_sync.settings import PROJECT, Settings
from tidegate.stack import installation, lifecycle, ports
from tidegate.stack.installation import Installation
from tidegate.stack.supervisor import Supervisor

HOME = PROJECT / ".tidegate-bench"
PARTS = ("s3", "kafka", "connect")


class Stack:
    """A running light stack."""

    def __init__(self, base: int) -> None:
        self._environment = {"TIDEGATE_HOME": str(HOME), "TIDEGATE_PORT_BASE": str(base)}

    @property
    def settings(self) -> Settings:
        """Where its parts are."""
        return known.load(self._environment)

    def up(self) -> None:
        """Start it and wait until it is healthy."""
        lifecycle.up(self._environment, parts=PARTS)

    def fresh_worker(self) -> None:
        """Start the worker anew: no drain inherits another one's compiled code or heap."""
        lifecycle.restart("connect", self._environment, on_progress=lambda _part, _told: None)

    def pids(self) -> dict[str, int]:
        """Return the process id of each part."""
        processes = Supervisor(self._installation().layout).processes()
        return {name: processes[name].pid for name in PARTS}

    def down(self) -> None:
        """Stop it."""
        lifecycle.down(self._environment)

    def _installation(self) -> Installation:
        return installation.describe(self._environment)


@contextmanager
def running(base: int | None, *, keep: bool) -> Iterator[Stack]:
    """
    Yield a light stack with empty data; it is gone afterwards.

    Args:
        base: Port base; None takes the first one that is free.
        keep: Leave it up, with everything it holds.
    """
    stack = Stack(ports.free_base() if base is None else base)
    if HOME.exists():
        stack.down()
        _remove(HOME)
    stack.up()
    try:
        yield stack
    finally:
        if not keep:
            stack.down()
            _remove(HOME)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder)
