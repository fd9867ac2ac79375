"""One `apply` per dataset at a time; the second waits, says so, and plans again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from metastore_sync import registry
from metastore_sync.errors import BrokenError
from metastore_sync.queries import QUERIES
from metastore_sync.settings import Settings

#: Longer than one application with its rollback can take.
PATIENCE_SECONDS = 180.0
_LOOK_AGAIN_SECONDS = 0.25


@contextmanager
def hold(settings: Settings, name: str, on_progress: Callable[[str], None]) -> Iterator[bool]:
    """
    Keep other applications of a dataset out; yield whether another one had to be waited for.

    The lock belongs to a database session: it ends with this process, however that ends.

    Raises:
        BrokenError: Another application did not end, or PostgreSQL is away.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    has_waited = False
    with registry.connect(settings) as conn:
        while not QUERIES.try_apply_lock(conn, name=name)["is_held"]:
            if not has_waited:
                on_progress(f"{name}: another apply works on it; waiting for it to end")
            has_waited = True
            if time.monotonic() >= deadline:
                raise BrokenError(
                    f"{name}: another apply has worked on it for over {PATIENCE_SECONDS:.0f} s",
                    not_done=f"{name} was not applied.",
                    next_command=f"tidegate apply {name}",
                )
            pause.wait(_LOOK_AGAIN_SECONDS)
        yield has_waited
