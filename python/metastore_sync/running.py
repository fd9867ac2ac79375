"""Waiting until a connector runs: Connect answers a PUT long before its tasks have started."""

from __future__ import annotations

import threading
import time

from metastore_sync.connect_api import ConnectApi, ConnectorStatus
from metastore_sync.errors import BrokenError

#: Seconds a connector has to start.
DEADLINE_SECONDS = 60.0
#: Seconds for which a state must hold: right after a PUT, Connect still tells the state before it.
SETTLED_SECONDS = 2.0
_LOOK_AGAIN_SECONDS = 0.2


def wait(
    api: ConnectApi,
    name: str,
    *,
    deadline_seconds: float = DEADLINE_SECONDS,
    settled_seconds: float = SETTLED_SECONDS,
) -> ConnectorStatus:
    """
    Return when the connector and all its tasks are RUNNING, and stay so.

    Raises:
        BrokenError: It failed, naming the cause, or did not start in time.
    """
    deadline = time.monotonic() + deadline_seconds
    since = time.monotonic()
    seen: ConnectorStatus | None = None
    pause = threading.Event()
    while True:
        status = api.status(name)
        now = time.monotonic()
        if status != seen:
            seen, since = status, now
        if seen and now - since >= settled_seconds:
            if seen.is_running:
                return seen
            if seen.failure:
                raise _failed(name, seen.failure)
        if now >= deadline:
            raise _failed(name, f"not RUNNING after {deadline_seconds:.0f} s: {seen or 'unknown'}")
        pause.wait(_LOOK_AGAIN_SECONDS)


def _failed(name: str, cause: str) -> BrokenError:
    return BrokenError(f"connector {name} does not run", where=cause)
