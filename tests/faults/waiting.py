"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Between two looks, in seconds.
_LOOK = 0.1
#: How long anything may take on a busy machine, in seconds; on a quiet one it needs a fraction of it.
PATIENCE = 180.0


def until(holds: Callable[[], bool], what: Callable[[], str] | str, seconds: float = PATIENCE) -> None:
    """
    Wait until something holds.

    Args:
        holds: Asked again and again.
        what: Named in the error; called only then, so that it may tell how things stand.
        seconds: How long it may take.

    Raises:
        AssertionError: It did not happen in time.
    """
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            told = what if isinstance(what, str) else what()
            message = f"within {seconds} s this did not happen: {told}"
            raise AssertionError(message)
        time.sleep(_LOOK)
