"""The table of parts: what each needs, where it listens, how long it may take to become ready."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from metastore_sync.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    One part of the stack.

    Attributes:
        name: The word used by `tidegate status` and in errors.
        programs: Its programs under the supervisor; the first one's log tells most.
        needs: Parts that must be healthy before it starts.
        listeners: Its listeners, names of `ports.OFFSETS`; the first is its address.
        setting: The field of `Settings` that says where it is; set in the environment to another
            address, the part is not started here.
        seconds: How long it may take from its start until it is healthy.
    """

    name: str
    programs: tuple[str, ...]
    needs: tuple[str, ...]
    listeners: tuple[str, ...]
    setting: str
    seconds: int


#: In order of dependency; stopped in the opposite order.
PARTS: tuple[Part, ...] = (
    Part(
        name="postgres",
        programs=("postgres",),
        needs=(),
        listeners=("postgres",),
        setting="postgres_dsn",
        seconds=60,
    ),
    Part(
        name="s3",
        programs=("s3",),
        needs=(),
        listeners=("s3",),
        setting="s3_endpoint",
        seconds=60,
    ),
    Part(
        name="kafka",
        programs=("kafka",),
        needs=(),
        listeners=("kafka", "controller"),
        setting="kafka_bootstrap",
        seconds=90,
    ),
    Part(
        name="connect",
        programs=("connect",),
        needs=("kafka", "s3"),
        listeners=("connect",),
        setting="connect_url",
        seconds=120,
    ),
    Part(
        name="spark",
        programs=("spark",),
        needs=("postgres", "s3"),
        listeners=("thrift",),
        setting="thrift",
        seconds=240,
    ),
    Part(
        name="service",
        programs=("service",),
        needs=("postgres", "kafka", "s3"),
        listeners=("service",),
        setting="service_url",
        seconds=90,
    ),
    Part(
        name="airflow",
        programs=("airflow-api", "airflow-scheduler", "airflow-dags", "airflow-triggerer"),
        needs=("postgres",),
        listeners=("airflow", "airflow_worker_log", "airflow_trigger_log"),
        setting="airflow_url",
        seconds=240,
    ),
)

NAMES: tuple[str, ...] = tuple(part.name for part in PARTS)


def part(name: str) -> Part:
    """
    Return the part of this name.

    Raises:
        UsageError: There is none.
    """
    for known in PARTS:
        if known.name == name:
            return known
    raise UsageError(
        f"there is no part {name!r}",
        where=f"parts: {', '.join(NAMES)}",
        next_command="tidegate status",
    )


def choose(names: Iterable[str] | None, external: Collection[str]) -> tuple[Part, ...]:
    """
    Return the parts to start, in order, with those they need.

    Args:
        names: What was asked for; None means all.
        external: Parts that run elsewhere.

    >>> [part.name for part in choose(["connect"], external={"s3"})]
    ['kafka', 'connect']
    """
    wanted = set(NAMES) if names is None else {part(name).name for name in names}
    for known in reversed(PARTS):
        if known.name in wanted:
            wanted.update(known.needs)
    return tuple(p for p in PARTS if p.name in wanted and p.name not in external)
