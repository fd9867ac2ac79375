"""Waiting until a connector runs: Connect answers a PUT long before its tasks have started."""

from __future__ import annotations

import threading
import time

from metastore_sync.connect_api import ConnectApi, ConnectorStatus
from metastore_sync.errors import BrokenError

#: Seconds a connector has to start.
DEADLINE_SECONDS = 60.0
#: Seconds for which a state must hold. Right after a PUT, Connect still tells the state before it; and a
#: task is RUNNING before it has joined its group and opened its partitions, where it may still fail.
SETTLED_SECONDS = 4.0
#: A failure needs less: it only has to be the new config's, not the one before it.
FAILED_SECONDS = 2.0
#: Seconds a connector has to stand still, or to be gone.
REST_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 0.2


def wait(
    api: ConnectApi,
    name: str,
    *,
    tasks: int = 1,
    deadline_seconds: float = DEADLINE_SECONDS,
    settled_seconds: float = SETTLED_SECONDS,
) -> ConnectorStatus:
    """
    Return when the connector and all its tasks are RUNNING, and stay so.

    Args:
        api: The Connect cluster.
        name: The connector.
        tasks: How many there must be at least.
        deadline_seconds: How long it may take.
        settled_seconds: How long the state must hold.

    Raises:
        BrokenError: It failed, naming the causes, or did not start in time.
    """
    started = since = time.monotonic()
    seen: ConnectorStatus | None = None
    pause = threading.Event()
    while True:
        status, now = api.status(name), time.monotonic()
        if status != seen:
            seen, since = status, now
        if seen and now - since >= settled_seconds and seen.is_running and len(seen.tasks) >= tasks:
            return seen
        if seen and now - since >= FAILED_SECONDS and seen.failure:
            raise _failed(name, seen.failure)
        if now - started >= deadline_seconds:
            wanted = f"{tasks} task{'s' if tasks > 1 else ''}"
            raise _failed(name, f"{wanted} not RUNNING after {deadline_seconds:.0f} s: {seen or 'unknown'}")
        pause.wait(_LOOK_AGAIN_SECONDS)


def expected_tasks(config: dict[str, str], partitions: int) -> int:
    """
    Return how many tasks do work: `tasks.max`, but never more than partitions.

    >>> expected_tasks({"tasks.max": "4"}, 2)
    2
    """
    return max(1, min(int(config.get("tasks.max", "1")), partitions))


def _failed(name: str, cause: str) -> BrokenError:
    return BrokenError(f"connector {name} does not run", where=cause)


def wait_at_rest(
    api: ConnectApi, name: str, wanted: str, *, deadline_seconds: float = REST_SECONDS
) -> None:
    """
    Return when a connector and its tasks are all in one state; empty: when it is gone.

    Raises:
        BrokenError: They are not in time.
    """
    deadline = time.monotonic() + deadline_seconds
    pause = threading.Event()
    while True:
        status = api.status(name)
        states = {status.state, *(task.state for task in status.tasks)} if status else {""}
        if states == {wanted}:
            return
        if time.monotonic() >= deadline:
            raise BrokenError(
                f"connector {name}: not {wanted or 'gone'} after {deadline_seconds:.0f} s",
                where=str(status or "unknown to Connect"),
                not_done="The state was not changed.",
                next_command="repeat the command",
            )
        pause.wait(_LOOK_AGAIN_SECONDS)
