"""The status as the service shows it: gathered at most every few seconds, whoever asks."""

from __future__ import annotations

import threading
import time

from metastore_sync.settings import Settings
from tidegate import facts
from tidegate import status as judgement
from tidegate.status import Status

#: How long a status is shown again, in seconds.
FRESH_SECONDS = 3.0


class Watch:
    """
    Gathers and remembers.

    Args:
        settings: Where the parts are.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._looking = threading.Lock()
        self._known: tuple[float, Status] | None = None

    def look(self) -> Status:
        """Return the status, at most three seconds old."""
        with self._looking:
            if self._known and time.monotonic() - self._known[0] < FRESH_SECONDS:
                return self._known[1]
            found = judgement.judge(facts.gather(self._settings))
            self._known = (time.monotonic(), found)
            return found
