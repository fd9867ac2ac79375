"""Start, stop and look at the local stack: what `tidegate up`, `down` and `status` call."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain

from metastore_sync import settings
from metastore_sync.errors import BrokenError, UsageError
from tidegate.stack import (
    health,
    installation,
    parts,
    ports,
    postgres,
    prepare,
    programs,
    progress,
    render,
)
from tidegate.stack.doctor import doctor
from tidegate.stack.installation import Installation
from tidegate.stack.parts import Part
from tidegate.stack.placement import Layout
from tidegate.stack.progress import Progress
from tidegate.stack.state import PartState, address, state
from tidegate.stack.supervisor import LIVE, Supervisor

__all__ = ["PartState", "doctor", "down", "restart", "state", "up", "wait_healthy"]

#: Time between two looks at a part that is not ready yet, in seconds.
POLL_SECONDS = 0.5
LOG_LINES = 20


def up(
    environment: Mapping[str, str] = os.environ,
    *,
    parts: Sequence[str] | None = None,
    on_progress: Progress | None = None,
) -> None:
    """
    Start the stack, or the part of it that does not run yet, and wait until it is healthy.

    Args:
        environment: Variables that choose home, ports and parts that run elsewhere.
        parts: Names of parts to start, with those they need; None means all.
        on_progress: Told of each part's progress; by default lines on stderr.

    Raises:
        BrokenError: A port is taken, or a part did not become healthy; with its last log lines.
        UsageError: A port variable or a part's name is wrong.
    """
    tell = on_progress or progress.on_stderr()
    stack = installation.describe(environment)
    with _alone(stack.layout, tell):
        _up(stack, parts, tell)


@contextmanager
def _alone(layout: Layout, tell: Progress) -> Iterator[None]:
    """Hold the home's lock: two commands that start and stop the same programs would fight."""
    with (layout.stack / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("stack", "another command starts or stops it: waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _up(stack: Installation, names: Sequence[str] | None, tell: Progress) -> None:
    supervisor = Supervisor(stack.layout)
    supervisor.reap()
    live = _live(supervisor)
    wanted = _choose(names, stack, live)
    texts = render.render(stack)
    stale = render.changed_parts(stack, texts)
    _check_ports(stack, wanted, live)
    render.write(stack, texts)
    installation.write_env(stack)
    if "postgres" not in stack.external:
        postgres.ensure_user()  # the supervisor refuses settings that name an unknown user
    supervisor.start(programs.base_variables(stack))
    changed = supervisor.update()
    supervisor.stop_programs(chain.from_iterable(p.programs for p in wanted if p.name in stale))
    for part in wanted:
        if part.name in stale or changed.intersection(part.programs):
            tell(part.name, "its settings changed: restarting")
    _start(stack, wanted, supervisor, tell)


def _choose(
    names: Sequence[str] | None, stack: Installation, live: Iterable[Part]
) -> tuple[Part, ...]:
    """Return what was asked for, and what runs already: changed settings may stop that as well."""
    asked = None if names is None else [*names, *(part.name for part in live)]
    return parts.choose(asked, stack.external)


def _live(supervisor: Supervisor) -> list[Part]:
    """Return the parts that this home's supervisor keeps running."""
    states = supervisor.processes()
    live = {name for name, process in states.items() if process.state in LIVE}
    return [part for part in parts.PARTS if live.intersection(part.programs)]


def _check_ports(stack: Installation, wanted: Iterable[Part], live: Collection[Part]) -> None:
    """Check the ports about to be opened: those of idle parts, and those that running ones move to."""
    now = settings.stack_environment(stack.layout.home)
    opened = [
        (part.name, name)
        for part in wanted
        for name in part.listeners
        if part not in live or now.get(ports.variable(name)) != str(stack.ports.of(name))
    ]
    ports.check_free(stack.ports, opened)


def _start(
    stack: Installation, wanted: Sequence[Part], supervisor: Supervisor, tell: Progress
) -> None:
    """Start each part as soon as those it needs are healthy; one that fails stops those alone."""
    started: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(max_workers=len(parts.PARTS)) as pool:
        for part in wanted:
            needed = [started[name] for name in part.needs if name in started]
            started[part.name] = pool.submit(_bring_up, stack, part, needed, supervisor, tell)
    for future in started.values():
        future.result()


def _bring_up(
    stack: Installation,
    part: Part,
    needed: Iterable[Future[None]],
    supervisor: Supervisor,
    tell: Progress,
) -> None:
    for future in needed:
        future.result()
    began = time.monotonic()
    states = supervisor.processes()
    if all(states[name].state == "RUNNING" for name in part.programs):
        tell(part.name, "runs already")
    else:
        prepare.before(part.name, stack)
        tell(part.name, "starting")
        supervisor.start_programs(part.programs)
    wait_healthy(stack, part, supervisor)
    prepare.after(part.name, stack)
    tell(part.name, f"healthy at {address(stack, part)} after {time.monotonic() - began:.1f} s")


def wait_healthy(stack: Installation, part: Part, supervisor: Supervisor) -> None:
    """
    Wait until a part answers a real request.

    Raises:
        BrokenError: It gave up, or `part.seconds` have passed; with the last lines of its log.
    """
    until = time.monotonic() + part.seconds
    # The registry's own database is made only after PostgreSQL answers its administrator.
    asked = replace(stack.settings, postgres_dsn=stack.admin_dsn)
    while True:
        states = supervisor.processes()
        idle = [name for name in part.programs if states[name].state != "RUNNING"]
        wrong = f"{idle[0]} is {states[idle[0]].state}" if idle else health.check(part.name, asked)
        if wrong is None:
            return
        dead = [name for name in part.programs if states[name].state == "FATAL"]
        if dead or time.monotonic() > until:
            program = (dead or part.programs)[0]
            why = "keeps ending" if dead else f"is not healthy after {part.seconds} s: {wrong}"
            raise BrokenError(
                f"{part.name} {why}",
                where=_log_tail(stack, program),
                not_done=_not_started_without(part),
                next_command="tidegate doctor",
            )
        time.sleep(POLL_SECONDS)


def _not_started_without(part: Part) -> str:
    waiting = [other.name for other in parts.PARTS if part.name in other.needs]
    return f"Not started without it: {', '.join(waiting)}." if waiting else "No part waits for it."


def _log_tail(stack: Installation, program: str) -> str:
    log = stack.layout.logs / f"{program}.log"
    if not log.exists():
        return f"{log} (not written)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16384))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return "\n".join([f"{log}, last lines:", *lines[-LOG_LINES:]])


def down(
    environment: Mapping[str, str] = os.environ, *, on_progress: Progress | None = None
) -> None:
    """
    Stop every part and the supervisor, and wait until their ports are free. Data stays.

    Raises:
        BrokenError: A program did not end.
    """
    tell = on_progress or progress.on_stderr()
    stack = installation.describe(environment)
    supervisor = Supervisor(stack.layout)
    with _alone(stack.layout, tell):
        stopped = _live(supervisor)
        for part in reversed(stopped):
            tell(part.name, "stopping")
        supervisor.shutdown()
        listeners = [(part.name, name) for part in stopped for name in part.listeners]
        ports.check_free(stack.ports, listeners)
    tell("stack", "stopped; data is kept" if stopped else "was not running")


def restart(
    part: str,
    environment: Mapping[str, str] = os.environ,
    *,
    on_progress: Progress | None = None,
) -> None:
    """
    Stop one part, start it again and wait until it is healthy.

    Raises:
        BrokenError: The stack is down, or the part did not become healthy.
        UsageError: There is no such part, or it runs elsewhere.
    """
    known = parts.part(part)
    stack = installation.describe(environment)
    if part in stack.external:
        raise UsageError(
            f"{part} runs elsewhere: at {address(stack, known)}",
            not_done="Nothing was restarted.",
            next_command=f"unset TIDEGATE_{known.setting.upper()} && tidegate up {part}",
        )
    supervisor = Supervisor(stack.layout)
    tell = on_progress or progress.on_stderr()
    with _alone(stack.layout, tell):
        if supervisor.pid() is not None:
            tell(part, "stopping")
            supervisor.stop_programs(known.programs)
        _up(stack, [part], tell)
