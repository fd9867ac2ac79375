"""Which port each part listens on: one base, an offset per part, a variable to override each."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from metastore_sync.errors import BrokenError, UsageError

#: The default base; `TIDEGATE_PORT_BASE` moves all ports at once.
BASE = 19000

#: Port of each listener relative to the base.
OFFSETS: Mapping[str, int] = {
    "s3": 0,
    "thrift": 10,
    "service": 80,
    "airflow": 81,
    "connect": 83,
    "airflow_worker_log": 85,
    "airflow_trigger_log": 86,
    "kafka": 92,
    "controller": 93,
    "postgres": 432,
}

HIGHEST = 65535
#: From here on Linux hands out ports for outgoing connections.
EPHEMERAL = 32000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """One TCP port on 127.0.0.1 per listener; the names are those of `OFFSETS`."""

    s3: int
    thrift: int
    service: int
    airflow: int
    connect: int
    airflow_worker_log: int
    airflow_trigger_log: int
    kafka: int
    controller: int
    postgres: int

    def of(self, name: str) -> int:
        """Return the port of one listener."""
        return int(getattr(self, name))

    def lines(self) -> dict[str, str]:
        """Return the ports as the variables that would choose them again."""
        return {variable(field.name): str(self.of(field.name)) for field in fields(self)}


def variable(name: str) -> str:
    """
    Return the environment variable that moves one listener.

    >>> variable("kafka")
    'TIDEGATE_PORT_KAFKA'
    """
    return f"TIDEGATE_PORT_{name.upper()}"


def choose(environment: Mapping[str, str], written: Mapping[str, str]) -> Ports:
    """
    Return the ports in force.

    Args:
        environment: The process's variables: a part's own variable wins, then the base.
        written: What the stack of this home wrote about itself when it was last started.

    Raises:
        UsageError: A variable is no port number, or two listeners would share one.
    """
    base = environment.get("TIDEGATE_PORT_BASE")
    chosen = {
        name: _port(variable(name), environment.get(variable(name)))
        or (_port("TIDEGATE_PORT_BASE", base, offset) if base else None)
        or _port(variable(name), written.get(variable(name)))
        or BASE + offset
        for name, offset in OFFSETS.items()
    }
    shared = {name: port for name, port in chosen.items() if _count(chosen, port) > 1}
    if shared:
        told = ", ".join(f"{variable(name)}={port}" for name, port in sorted(shared.items()))
        raise UsageError(
            f"two parts would listen on one port: {told}",
            not_done="Nothing was started.",
            next_command=f"unset {variable(min(shared))}",
        )
    return Ports(**chosen)


def _count(chosen: Mapping[str, int], port: int) -> int:
    return sum(1 for other in chosen.values() if other == port)


def _port(name: str, text: str | None, offset: int = 0) -> int | None:
    if not text:
        return None
    port = int(text) + offset if text.isdecimal() else 0
    if not 0 < port <= HIGHEST:
        raise UsageError(
            f"{name} is {text!r}, not a port number between 1 and {HIGHEST - offset}",
            not_done="Nothing was started.",
            next_command=f"export {name}={BASE}",
        )
    return port


def is_free(port: int) -> bool:
    """Return whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections of the last run that linger in TIME_WAIT do not keep a server from listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_base() -> int:
    """
    Return a base, the default or above it, whose ports are all free now.

    Raises:
        BrokenError: There is none left below the range of ports that the system hands out.
    """
    for base in range(BASE, EPHEMERAL, 1000):
        if all(is_free(base + offset) for offset in OFFSETS.values()):
            return base
    raise BrokenError(
        f"no base between {BASE} and {EPHEMERAL} has all its ports free",
        not_done="Nothing was started.",
        next_command="end a stack you do not need: TIDEGATE_HOME=<its home> tidegate down",
    )


def check_free(ports: Ports, wanted: Iterable[tuple[str, str]]) -> None:
    """
    Check that each wanted listener can be opened.

    Args:
        ports: The ports in force.
        wanted: Pairs of part and listener about to be started.

    Raises:
        BrokenError: A port is taken; each such is named with the variable that moves it.
    """
    taken = [(part, name) for part, name in wanted if not is_free(ports.of(name))]
    if not taken:
        return
    where = [f"{part}: 127.0.0.1:{ports.of(name)}  {variable(name)}" for part, name in taken]
    first_part, first = taken[0]
    others = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
    raise BrokenError(
        f"port {ports.of(first)} of {first_part} is taken by another program{others}",
        where="\n".join(where),
        not_done="Nothing was started.",
        next_command=f"{variable(first)}=<a free port> tidegate up"
        "   (or TIDEGATE_PORT_BASE=<n> to move all of them)",
    )
