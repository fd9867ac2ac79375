"""Waits until Connect has landed what was produced: up to frozen end offsets, never a moving end."""

from __future__ import annotations

import time

from metastore_sync import landed
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import BrokenError
from metastore_sync.render import connector_name
from metastore_sync.settings import Settings

_DEADLINE_SECONDS = 300.0
_POLL_SECONDS = 0.5


def wait(settings: Settings, topic: str, ends: dict[int, int]) -> None:
    """
    Return when every partition has landed up to its end offset.

    Raises:
        BrokenError: The connector failed, or did not land it in time.
    """
    connect = ConnectApi(settings)
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while not _reached(ends, found := landed.landed_offsets(settings, topic)):
        status = connect.status(connector_name(topic))
        if status and status.failure:
            raise _not_landed(topic, "its connector failed", status.failure)
        if time.monotonic() > deadline:
            late = f"not landed after {_DEADLINE_SECONDS:.0f} s"
            raise _not_landed(topic, late, f"wanted {ends}, landed {found}")
        time.sleep(_POLL_SECONDS)


def _reached(ends: dict[int, int], found: dict[int, int]) -> bool:
    return all(found.get(partition, 0) >= end for partition, end in ends.items())


def _not_landed(topic: str, fact: str, where: str) -> BrokenError:
    return BrokenError(
        f"{topic}: {fact}",
        where=where,
        not_done="The guard was not started.",
        next_command="tidegate status",
    )
