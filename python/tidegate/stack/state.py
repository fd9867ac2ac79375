"""How every part of the stack is doing right now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tidegate.stack import health, installation, parts
from tidegate.stack.installation import Installation
from tidegate.stack.parts import Part
from tidegate.stack.supervisor import Supervisor


@dataclass(frozen=True, slots=True, kw_only=True)
class PartState:
    """
    One part as it is now.

    Attributes:
        name: The part.
        state: The supervisor's word for the worst of its programs (RUNNING, STARTING, BACKOFF,
            STOPPED, EXITED, FATAL), or EXTERNAL for a part that runs elsewhere.
        pid: Its first program's process id; 0 when it does not run here.
        pids: The process ids of all its programs that run here.
        address: Where it answers.
        healthy: Whether it just answered a real request.
        detail: What is wrong, or since when it runs.
    """

    name: str
    state: str
    pid: int
    pids: tuple[int, ...]
    address: str
    healthy: bool
    detail: str


def state(environment: Mapping[str, str] = os.environ) -> list[PartState]:
    """Return every part as it is now; each is asked for a real answer, all at once."""
    stack = installation.describe(environment)
    processes = Supervisor(stack.layout).processes()
    with ThreadPoolExecutor(max_workers=len(parts.PARTS)) as pool:
        sick = list(pool.map(lambda p: health.check(p.name, stack.settings), parts.PARTS))
    found = []
    for part, wrong in zip(parts.PARTS, sick, strict=True):
        here = [processes[name] for name in part.programs if name in processes]
        worst = next((p for p in here if p.state != "RUNNING"), here[0] if here else None)
        external = part.name in stack.external
        found.append(
            PartState(
                name=part.name,
                state="EXTERNAL" if external else worst.state if worst else "STOPPED",
                pid=here[0].pid if here else 0,
                pids=tuple(process.pid for process in here if process.pid),
                address=address(stack, part),
                healthy=wrong is None,
                detail=wrong or (worst.detail if worst else ""),
            )
        )
    return found


def address(stack: Installation, part: Part) -> str:
    """Return where a part answers, without any secret."""
    value = str(getattr(stack.settings, part.setting))
    return value.rpartition("@")[2] if part.name == "postgres" else value
