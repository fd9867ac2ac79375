"""One drain: a connector of its own from its first task to the manifest of the last offset."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

from bench.landing import landed, usage
from bench.landing.cases import Case
from bench.landing.stack import Stack
from bench.landing.tally import Tally
from bench.landing.usage import Usage
from metastore_sync import render
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import BrokenError
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import Settings

#: Between two looks, in seconds: the resolution of what is measured.
_LOOK_SECONDS = 0.1
#: Looks at manifests for each look at the connector: worker and store shall be left to their work.
_LOOKS_PER_STATUS = 20
#: After this long a drain has failed, in seconds.
_LIMIT_SECONDS = 1800
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """
    What one drain took.

    Attributes:
        start_seconds: From the connector's registration until its task runs.
        seconds: From then until manifests cover every offset.
        usage: CPU and memory over `seconds`.
        landed: What was in the bucket afterwards.
    """

    start_seconds: float
    seconds: float
    usage: Usage
    landed: Tally


def drain(stack: Stack, case: Case, overrides: dict[str, str], *, keep: bool) -> Drain:
    """
    Drain a case's topic with a worker that has done nothing before, and read back what landed.

    Raises:
        BrokenError: The connector failed, or did not finish in `_LIMIT_SECONDS`.
    """
    settings = stack.settings
    # A prefix of its own: an older drain's manifests would count as this one's.
    prefix = f"{case.name}-{next(_numbers)}"
    chains = landed.Chains(settings, prefix, case.topic.name)
    ends = [case.topic.records // case.topic.partitions] * case.topic.partitions
    stack.fresh_worker()
    with _connector(settings, case, {"s3.prefix": prefix, **overrides}) as is_running:
        registered = time.monotonic()
        _wait(case, is_running)
        began = time.monotonic()
        with usage.measured(stack.pids()) as used:
            _wait(case, _covered(chains, ends, is_running))
            ended = time.monotonic()
    found = landed.tally(settings, chains.objects)
    if not keep:
        landed.remove(settings, prefix)
    return Drain(
        start_seconds=round(began - registered, 3),
        seconds=round(ended - began, 3),
        usage=used,
        landed=found,
    )


@contextmanager
def _connector(
    settings: Settings, case: Case, overrides: dict[str, str]
) -> Iterator[Callable[[], bool]]:
    """Yield whether the connector runs; it raises when it has failed, and is removed at the end."""
    connect = ConnectApi(settings)
    config = render.sink_config(_dataset(case, overrides), settings)
    name = config["name"]

    def is_running() -> bool:
        status = connect.status(name)
        if status is not None and status.failure:
            raise BrokenError(f"{case.name}: {status.failure}", not_done="Nothing is reported.")
        return status is not None and status.is_running

    connect.put(name, config)
    try:
        yield is_running
    finally:
        connect.delete(name)


def _dataset(case: Case, overrides: dict[str, str]) -> Dataset:
    """Return the dataset whose rendered connector is measured: the product's own config."""
    connector = {
        "compression.type": case.compression.value,
        "compression.level": "1",
        "rotate.records": str(case.topic.rotate_records),
        # The drain ends by count: the clock must not close an object before.
        "rotate.interval.ms": str(_LIMIT_SECONDS * 1000),
        **overrides,
    }
    return Dataset(
        name=case.name,
        kafka_topic=case.topic.name,
        mode=Mode.APPEND,
        owner="bench",
        connector=MappingProxyType(connector),
    )


def _covered(
    chains: landed.Chains, ends: list[int], is_running: Callable[[], bool]
) -> Callable[[], bool]:
    """Return a look at the manifests; now and then it raises when the connector has failed."""
    looks = itertools.count()

    def look() -> bool:
        if next(looks) % _LOOKS_PER_STATUS == 0:
            is_running()
        return chains.cover(ends)

    return look


def _wait(case: Case, is_done: Callable[[], bool]) -> None:
    until = time.monotonic() + _LIMIT_SECONDS
    while not is_done():
        if time.monotonic() > until:
            raise BrokenError(
                f"{case.name}: not done after {_LIMIT_SECONDS} s", not_done="Nothing is reported."
            )
        time.sleep(_LOOK_SECONDS)
