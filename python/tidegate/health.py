"""Which parts the service can reach; asked at most every two seconds, all at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from lakehouse import spark
from metastore_sync import snapshot
from metastore_sync.errors import TidegateError
from metastore_sync.settings import Settings
from tidegate.stack import health

#: How long an answer is given again, in seconds.
FRESH_SECONDS = 2.0
#: Without these the service cannot do its work; without the others it works and says so.
NEEDED = frozenset({"registry", "store"})


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part: None is well, else the reason why it is away."""

    name: str
    wrong: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """
    The service's view of its parts.

    Attributes:
        snapshot_since: When the signed snapshot in use was written; None while the registry answers.
    """

    parts: tuple[PartHealth, ...]
    snapshot_since: datetime | None

    @property
    def status(self) -> str:
        """`ok`, `degraded` (works, something is away), or `away` (a needed part is)."""
        wrong = {part.name for part in self.parts if part.wrong}
        return "away" if wrong & NEEDED else "degraded" if wrong else "ok"

    @property
    def http_status(self) -> HTTPStatus:
        """200 while the service can do its work, else 503."""
        return HTTPStatus.SERVICE_UNAVAILABLE if self.status == "away" else HTTPStatus.OK

    def to_json(self) -> dict[str, Any]:
        """Return the health as plain JSON values."""
        body: dict[str, Any] = {
            "status": self.status,
            "parts": {
                part.name: {"status": "away", "reason": part.wrong} if part.wrong else {"status": "ok"}
                for part in self.parts
            },
        }
        if self.snapshot_since:
            body["running_on_snapshot_since"] = self.snapshot_since.isoformat()
        return body


class Physician:
    """
    Asks the parts and remembers the answer for two seconds.

    Args:
        settings: Where the parts are.
        own: Checks of the service's own work: name → None or what is wrong.
    """

    def __init__(self, settings: Settings, own: Mapping[str, Callable[[], str | None]]) -> None:
        self._settings = settings
        self._checks = {**_checks(settings), **own}
        self._asking = threading.Lock()
        self._known: tuple[float, Health] | None = None

    def examine(self) -> Health:
        """Return the health of all parts."""
        with self._asking:
            if self._known and time.monotonic() - self._known[0] < FRESH_SECONDS:
                return self._known[1]
            with ThreadPoolExecutor(len(self._checks)) as pool:
                answers = pool.map(lambda check: check(), self._checks.values())
                parts = tuple(map(PartHealth, self._checks, answers))
            found = Health(parts=parts, snapshot_since=self._snapshot_since(parts))
            self._known = (time.monotonic(), found)
            return found

    def _snapshot_since(self, parts: tuple[PartHealth, ...]) -> datetime | None:
        if not any(part.name == "registry" and part.wrong for part in parts):
            return None
        try:
            return snapshot.read(self._settings).written_at
        except TidegateError:
            return None  # nothing to run on: the registry's own line says that it is away


def _checks(settings: Settings) -> dict[str, Callable[[], str | None]]:
    def ask(part: str) -> Callable[[], str | None]:
        return lambda: health.check(part, settings)

    return {
        "registry": ask("postgres"),
        "store": ask("s3"),
        "connect": ask("connect"),
        "kafka": ask("kafka"),
        "thrift": lambda: _thrift(settings),
    }


def _thrift(settings: Settings) -> str | None:
    """Only the port: a statement would queue behind the models that run."""
    try:
        spark.reach(settings)
    except TidegateError as error:
        return error.fact
    return None
