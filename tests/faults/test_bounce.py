"""Kafka's own bounce test of Connect, with a stricter end: no gap and no duplicate, hard stops included."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.cases import ROUNDS
from tests.faults.conftest import MakeLanding
from tests.faults.waiting import until
from tests.faults.worker import Worker

#: As many as in kafkatest's ConnectDistributedTest.test_bounce.
BOUNCES = 3


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(1, ROUNDS + 1))
@pytest.mark.parametrize("end", [Worker.stop, Worker.kill], ids=["clean", "hard"])
def test_bounce(
    end: Callable[[Worker], None], seed: int, pair: list[Worker], make_landing: MakeLanding
) -> None:
    landing = make_landing(pair[0].settings, seed=seed)
    landing.load(per_second=300)
    landing.start()
    landing.progress()

    for _ in range(BOUNCES):
        for worker in pair:
            end(worker)
            worker.start()
            worker.wait_ready()
            until(landing.is_running, "every task runs again")
            landing.progress()
    landing.settle()

    landing.verify()
