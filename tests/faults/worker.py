"""A Connect worker that a test starts, stops and kills itself."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import requests

from metastore_sync.settings import Settings
from tests.faults.waiting import until
from tidegate.stack import programs
from tidegate.stack.installation import Installation

_ANSWER_SECONDS = 5
_STOP_SECONDS = 120
#: A worker lives for seconds here: starting fast counts more than running fast.
_QUICK_START = (
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.io.tidegate=info",
)


class Worker:
    """
    A member of a Connect cluster beside the stack's own; the settings are the stack's but for names.

    Args:
        group: Name of the cluster; its topics are called after it.
        port: Where this worker's REST API listens.
        plugins: The plugin path.
    """

    def __init__(self, stack: Installation, *, group: str, port: int, plugins: str) -> None:
        self._stack = stack
        self._program = next(p for p in programs.programs(stack) if p.name == "connect")
        self.name = f"{group}-{port}"
        self.settings: Settings = replace(stack.settings, connect_url=f"http://127.0.0.1:{port}")
        self._file = stack.layout.stack / f"{self.name}.properties"
        self._file.write_text(_properties(stack, group, port, plugins), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the worker says."""
        return self._stack.layout.logs / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """Its process id; 0 when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else 0

    def start(self) -> None:
        """Start it; `wait_ready` tells when it serves."""
        variables = {
            **programs.base_variables(self._stack),
            **self._program.variables,
            # By this the stack finds and ends it, should the test run die.
            programs.MARK: self.name,
        }
        java, *arguments, _ = self._program.command
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [java, *_QUICK_START, *arguments, str(self._file)],
                env=variables,
                cwd=self._program.directory,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_ready(self) -> None:
        """Wait until it has joined its cluster and read the cluster's connectors."""
        until(self._answers, lambda: f"{self.name} answers; its log is {self.log}")

    def stop(self) -> None:
        """End it as an operator does: it leaves its group and closes its tasks."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power failure does."""
        self._end(signal.SIGKILL)

    def resume(self) -> None:
        """Let a stopped process go on."""
        if self.pid:
            os.kill(self.pid, signal.SIGCONT)

    def _end(self, number: signal.Signals) -> None:
        if self._process and self.pid:
            self._process.send_signal(number)
            self._process.wait(_STOP_SECONDS)

    def _answers(self) -> bool:
        assert self.pid, f"{self.name} ended: {self.log}"
        try:
            return requests.get(f"{self.settings.connect_url}/connectors", timeout=_ANSWER_SECONDS).ok
        except requests.RequestException:
            return False


def _properties(stack: Installation, group: str, port: int, plugins: str) -> str:
    """Return the stack's own worker settings with this worker's names in them."""
    own = {
        "group.id": group,
        "config.storage.topic": f"{group}-configs",
        "offset.storage.topic": f"{group}-offsets",
        "status.storage.topic": f"{group}-status",
        "listeners": f"http://127.0.0.1:{port}",
        "plugin.path": plugins,
        # A dead worker is missed after 6 s, and its tasks move at once instead of after 5 minutes.
        "session.timeout.ms": "6000",
        "heartbeat.interval.ms": "1500",
        "scheduled.rebalance.max.delay.ms": "0",
    }
    text = (stack.layout.stack / "worker.properties").read_text(encoding="utf-8")
    for name, value in own.items():
        line = f"{name}={value}"
        text, found = re.subn(rf"(?m)^{re.escape(name)}=.*$", lambda _, line=line: line, text)
        text += "" if found else f"{line}\n"
    return text
