"""Connectors made through Connect REST become datasets, models and DAGs by themselves, again and again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import structlog

from metastore_sync import adopt, registry
from metastore_sync.errors import TidegateError
from metastore_sync.settings import Settings

#: Between two looks at Connect, in seconds.
LOOK_SECONDS = 10.0
#: Before a deployment that failed is tried again although nothing changed, in seconds.
RETRY_SECONDS = 60.0
#: A parse of a large project takes a minute; more means that it hangs.
DEPLOY_SECONDS = 600

_log = structlog.get_logger(__name__)


class Adoption:
    """
    The loop, and what it knows of itself.

    Its turns run in a thread and dbt in a process of its own, so that no request ever waits for it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._wrong: dict[str, str] = {}
        self._tried: object = None
        self._tried_at = 0.0

    async def run(self) -> None:
        """Take turns until cancelled; no error of a turn ends the loop."""
        while True:
            await asyncio.to_thread(self.turn)
            await asyncio.sleep(LOOK_SECONDS)

    def wrong(self) -> str | None:
        """Return what the last turn could not do; None when all is done."""
        with self._lock:
            return "; ".join(self._wrong.values()) or None

    def turn(self) -> None:
        """Follow what was done in Connect, then deploy when datasets or models changed."""
        for step, act in (("adopt", self._adopt), ("deploy", self._deploy)):
            try:
                self._note(step, act())
            except TidegateError as error:
                self._note(step, error.fact)
            except Exception as error:  # noqa: BLE001 - the loop outlives every mistake, and shows it
                _log.exception("adoption_failed", step=step)
                self._note(step, f"{type(error).__name__}: {error}")

    def _adopt(self) -> str:
        found = adopt.look(self._settings)
        for name in found.adopted:
            _log.info("connector_adopted", connector=name)
        for line in found.observed:
            _log.info("connector_observed", change=line)
        return "; ".join(f"connector {name}: {', '.join(reasons)}" for name, reasons in found.refused.items())

    def _deploy(self) -> str:
        wanted = self._declared(), _models(self._settings)
        failed = self._failed("deploy")
        is_due = bool(failed) and time.monotonic() - self._tried_at >= RETRY_SECONDS
        if wanted == self._tried and not is_due:
            return failed
        self._tried, self._tried_at = wanted, time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "tidegate.deploy"],
            capture_output=True,
            text=True,
            timeout=DEPLOY_SECONDS,
            check=False,
        )
        if done.returncode:
            return done.stderr.strip() or f"the deployment ended with {done.returncode}"
        for change in done.stdout.splitlines():
            _log.info("deployed", change=change)
        # Scaffolding wrote models itself; what is there now is what was deployed.
        self._tried = wanted[0], _models(self._settings)
        return ""

    def _declared(self) -> tuple[tuple[str, int, str], ...]:
        with registry.connect(self._settings) as conn:
            rows = registry.datasets(conn)
        return tuple((row.dataset.name, row.revision, row.state.value) for row in rows)

    def _failed(self, step: str) -> str:
        with self._lock:
            return self._wrong.get(step, "")

    def _note(self, step: str, wrong: str) -> None:
        with self._lock:
            is_news = bool(wrong) and self._wrong.get(step) != wrong
            self._wrong.pop(step, None)
            if wrong:
                self._wrong[step] = wrong
        if is_news:
            _log.warning("adoption_incomplete", step=step, reason=wrong)


def _models(settings: Settings) -> frozenset[tuple[str, int, int]]:
    """Return every file that decides how the project parses, with its size and time of change."""
    return frozenset(
        (str(path), status.st_size, status.st_mtime_ns)
        for path in _sources((settings.dbt_project, settings.scaffold_folder))
        if (status := path.stat())
    )


def _sources(folders: Iterable[Path]) -> Iterable[Path]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.suffix in {".sql", ".yml"} and "target" not in path.parts:
                yield path
