"""The supervisor: one process that starts, watches and restarts every program of a stack."""

from __future__ import annotations

import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

import psutil
from supervisor.xmlrpc import Faults, SupervisorTransport

from metastore_sync.errors import BrokenError
from tidegate.stack.placement import Layout
from tidegate.stack.programs import MARK

#: How long the supervisor itself may take to answer, and to stop every program, in seconds.
ANSWER_SECONDS = 15
STOP_SECONDS = 150

#: How long a stray may take to end when asked to: a program that lost its supervisor, such as a broker, and
#: a child that outlived its program, such as a worker of a killed scheduler, which saves nothing any more.
STRAY_SECONDS = 20
ORPHAN_SECONDS = 5

LIVE = frozenset({"RUNNING", "STARTING", "BACKOFF"})


@dataclass(frozen=True, slots=True)
class Process:
    """A program as the supervisor sees it; `pid` 0 means none."""

    name: str
    state: str
    pid: int
    detail: str


class Supervisor:
    """The supervisor of one home; every call is answered by the running one, if there is one."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def _rpc(self) -> xmlrpc.client.ServerProxy:
        # A connection per call: parts are started from several threads at once.
        transport = SupervisorTransport(None, None, f"unix://{self._layout.socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport)

    def pid(self) -> int | None:
        """Return the running supervisor's process id; None when it does not answer."""
        try:
            return cast("int", self._rpc().supervisor.getPID())
        except (OSError, xmlrpc.client.Error):
            return None

    def start(self, variables: Mapping[str, str]) -> None:
        """
        Start the supervisor as a daemon; it starts no program by itself.

        Args:
            variables: Its whole environment, which every program inherits.

        Raises:
            BrokenError: It does not come up.
        """
        if self.pid() is not None:
            return
        # `-m supervisor.supervisord` needs no script on the PATH.
        command = [sys.executable, "-m", "supervisor.supervisord"]
        command += ["-c", str(self._layout.supervisor_conf)]
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            env=dict(variables),
            cwd=self._layout.stack,
            timeout=ANSWER_SECONDS,
        )
        if done.returncode or self.pid() is None:
            raise BrokenError(
                f"the supervisor did not start (exit code {done.returncode})",
                where=(done.stderr or done.stdout).strip(),
                not_done="No part was started.",
                next_command="tidegate doctor",
            )

    def reap(self) -> None:
        """End the programs that a supervisor left behind when it was killed."""
        if self.pid() is None:
            reap(self._layout)

    def update(self) -> set[str]:
        """Take over the settings file; return the programs that this stopped."""
        [[added, changed, removed]] = cast(
            "list[list[list[str]]]", self._rpc().supervisor.reloadConfig()
        )
        for name in (*changed, *removed):
            self._rpc().supervisor.stopProcessGroup(name)
            self._rpc().supervisor.removeProcessGroup(name)
        for name in (*added, *changed):
            self._rpc().supervisor.addProcessGroup(name)
        return set(changed)

    def processes(self) -> dict[str, Process]:
        """Return all programs by name; empty when no supervisor runs."""
        if self.pid() is None:
            return {}
        found = cast("list[dict[str, object]]", self._rpc().supervisor.getAllProcessInfo())
        return {
            str(info["name"]): Process(
                name=str(info["name"]),
                state=str(info["statename"]),
                pid=int(cast("int", info["pid"])),
                detail=str(info["spawnerr"] or info["description"]),
            )
            for info in found
        }

    def start_programs(self, names: Iterable[str]) -> None:
        """Start programs that do not run; returns at once, the caller checks their health."""
        for name in names:
            self._tolerate(Faults.ALREADY_STARTED, "startProcess", name, False)  # noqa: FBT003

    def stop_programs(self, names: Iterable[str]) -> None:
        """Stop programs and wait until they have ended."""
        for name in names:
            self._tolerate(Faults.NOT_RUNNING, "stopProcess", name, True)  # noqa: FBT003

    def _tolerate(self, fault: int, method: str, *arguments: object) -> None:
        try:
            getattr(self._rpc().supervisor, method)(*arguments)
        except xmlrpc.client.Fault as error:
            if error.faultCode != fault:
                raise

    def shutdown(self) -> None:
        """
        Stop every program in reverse order, then the supervisor; returns when all have ended.

        Raises:
            BrokenError: It still runs after `STOP_SECONDS`.
        """
        pid = self.pid()
        if pid is not None:
            daemon = psutil.Process(pid)
            self._rpc().supervisor.shutdown()
            try:
                daemon.wait(STOP_SECONDS)
            except psutil.TimeoutExpired:
                raise BrokenError(
                    f"the supervisor (process {pid}) did not stop within {STOP_SECONDS} s",
                    where=str(self._layout.logs / "supervisord.log"),
                    next_command="tidegate down",
                ) from None
        reap(self._layout, STRAY_SECONDS if pid is None else ORPHAN_SECONDS)


def reap(layout: Layout, seconds: float = STRAY_SECONDS) -> list[int]:
    """
    End what a dead supervisor left behind: processes marked with this home. Return their ids.

    The caller and its ancestors are spared: a command may itself run below a program of the stack.
    What has not ended after `seconds` is killed.
    """
    spared = {process.pid for process in (psutil.Process(), *psutil.Process().parents())}
    strays = [p for p in psutil.process_iter() if p.pid not in spared and _belongs(p, layout)]
    for stray in strays:
        stray.terminate()
    _, alive = psutil.wait_procs(strays, timeout=seconds)
    for stray in alive:
        stray.kill()
    psutil.wait_procs(alive, timeout=10)
    return [stray.pid for stray in strays]


def _belongs(process: psutil.Process, layout: Layout) -> bool:
    try:
        variables = process.environ()
    except psutil.Error:
        return False
    return MARK in variables and variables.get("TIDEGATE_HOME") == str(layout.home)
