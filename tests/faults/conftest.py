"""A light stack of this layer's own (store, Kafka, Connect), so that what it kills is nobody else's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from metastore_sync.settings import Settings
from tests.faults import mutants
from tests.faults.fault import Fault
from tests.faults.landing import Landing
from tests.faults.proxy import FaultProxy
from tests.faults.waiting import until
from tests.faults.worker import Worker
from tidegate.stack import health, installation, lifecycle, ports
from tidegate.stack.installation import Installation
from tidegate.stack.supervisor import Supervisor

#: Behind the ports of the run's own stack, which may be up.
PORT_STEP = 500
PARTS = ("s3", "kafka", "connect")
MakeLanding = Callable[..., Landing]
MakeProxy = Callable[..., FaultProxy]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is here, for `-m faults`."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)


def _environment() -> dict[str, str]:
    home = Path(os.environ["TIDEGATE_HOME"]).resolve()
    base = int(os.environ.get("TIDEGATE_PORT_BASE") or ports.BASE)
    return {
        "TIDEGATE_HOME": str(home.with_name(f"{home.name}-faults")),
        "TIDEGATE_PORT_BASE": str(base + PORT_STEP),
    }


@pytest.fixture(scope="session")
def bed() -> Iterator[Installation]:
    """The running stack; one that was up before the tests stays up after them, data included."""
    environment = _environment()
    was_up = any(part.healthy for part in lifecycle.state(environment))
    described = installation.describe(environment)
    if not was_up:
        lifecycle.down(environment)
        shutil.rmtree(described.layout.data)
    lifecycle.up(environment, parts=PARTS)
    yield installation.describe(environment)
    if not was_up:
        lifecycle.down(environment)


@pytest.fixture(scope="session")
def settings(bed: Installation) -> Settings:
    """Where the stack is."""
    return bed.settings


@pytest.fixture(scope="session")
def supervised(bed: Installation) -> Callable[[str], int]:
    """The process id of a program of the stack; 0 while it has none."""
    supervisor = Supervisor(bed.layout)

    def pid(program: str) -> int:
        process = supervisor.processes()[program]
        return process.pid if process.state in {"RUNNING", "STARTING"} else 0

    return pid


@pytest.fixture
def make_landing(settings: Settings) -> Iterator[MakeLanding]:
    """Make topics with connectors; both are gone when the test ends."""
    with ExitStack() as until_the_end:
        yield lambda at=settings, **options: until_the_end.enter_context(Landing(at, **options))


@pytest.fixture
def landing(make_landing: MakeLanding) -> Landing:
    """One topic of four partitions, without a connector yet, on the stack's own worker."""
    return make_landing()


@pytest.fixture
def make_proxy(settings: Settings, supervised: Callable[[str], int]) -> Iterator[MakeProxy]:
    """Make fault proxies in front of the stack's store; by default the stack's own worker is behind."""
    with ExitStack() as until_the_end:

        def make(fault: Fault, workers: Callable[[], list[int]] | None = None) -> FaultProxy:
            behind = workers or (lambda: [supervised("connect")])
            return until_the_end.enter_context(FaultProxy(settings.s3_endpoint, fault, behind))

        yield make


@pytest.fixture(scope="session")
def cluster(bed: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Worker]]:
    """Two workers of one Connect cluster, with the built sink and its mutants as their plugins."""
    plugins = str(mutants.assemble(tmp_path_factory.mktemp("mutants")))
    own = [bed.ports.connect + 1, bed.ports.connect + 5]
    workers = [Worker(bed, group="faults", port=port, plugins=plugins) for port in own]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.wait_ready()
    yield workers
    for worker in workers:
        worker.resume()
        worker.kill()


@pytest.fixture
def pair(cluster: list[Worker]) -> list[Worker]:
    """The two workers, running, whatever the test before did to them."""
    for worker in cluster:
        worker.resume()
        if not worker.pid:
            worker.start()
    for worker in cluster:
        worker.wait_ready()
    return cluster


@pytest.fixture
def healed(supervised: Callable[[str], int], bed: Installation) -> Callable[[str, int], None]:
    """Wait until the supervisor has put another process in place of a dead one, and it answers."""

    def is_back(part: str, dead: int) -> bool:
        return supervised(part) not in (0, dead) and health.check(part, bed.settings) is None

    def wait(part: str, dead: int) -> None:
        until(lambda: is_back(part, dead), f"the supervisor restarts {part}")

    return wait
