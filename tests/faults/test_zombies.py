"""A writer that was given up for dead comes back and goes on; its successor has landed meanwhile."""

from __future__ import annotations

import os
import signal

import pytest

from tests.faults import mutants
from tests.faults.conftest import MakeLanding, MakeProxy
from tests.faults.fault import Deed, Fault, Moment, Target
from tests.faults.landing import Landing
from tests.faults.proxy import FaultProxy
from tests.faults.waiting import PATIENCE, until
from tests.faults.worker import Worker

CREATED, TAKEN = 200, 412
#: Its object is uploaded, its manifest not written.
UPLOADED = Fault(target=Target.DATA, moment=Moment.APPLIED, deed=Deed.STOP)
#: Objects are closed by time: the successor's, which holds all that waited, is longer than the zombie's.
BY_TIME = {"rotate.records": "100000"}


def let_a_zombie_return(landing: Landing, proxy: FaultProxy, **config: str) -> None:
    """Stop a worker between upload and commit, let another take over, let the first go on."""
    landing.load()
    landing.start(store=proxy.url, **BY_TIME, **config)
    assert proxy.struck.wait(PATIENCE)
    landing.progress()

    os.kill(proxy.victim, signal.SIGCONT)
    until(lambda: proxy.outcome != 0, "the zombie tries to commit")
    landing.progress()
    landing.settle()


@pytest.fixture
def among(pair: list[Worker], make_landing: MakeLanding, make_proxy: MakeProxy) -> tuple[Landing, FaultProxy]:
    """A topic landed by two workers, one of which will be stopped."""
    proxy = make_proxy(UPLOADED, lambda: [worker.pid for worker in pair])
    return make_landing(pair[0].settings), proxy


def test_a_worker_that_slept_through_its_succession_lands_nothing_twice(
    among: tuple[Landing, FaultProxy],
) -> None:
    landing, proxy = among
    let_a_zombie_return(landing, proxy)

    assert proxy.outcome == TAKEN
    landing.verify()


def test_the_comparison_notices_a_sink_that_drops_the_condition(
    among: tuple[Landing, FaultProxy],
) -> None:
    landing, proxy = among
    let_a_zombie_return(landing, proxy, **{"connector.class": mutants.UNCONDITIONAL})

    assert proxy.outcome == CREATED
    # Its successor's manifest is gone; whether records are lost with it depends on who reads the chain next.
    with pytest.raises(AssertionError, match="was written over"):
        landing.verify()


@pytest.mark.parametrize("moment", list(Moment))
def test_a_commit_that_its_sender_gave_up_and_repeated_lands_nothing_twice(
    moment: Moment, landing: Landing, make_proxy: MakeProxy
) -> None:
    proxy = make_proxy(Fault(target=Target.MANIFEST, moment=moment, deed=Deed.HOLD))
    landing.load()
    # A twentieth of this is how long the sink waits for one reply.
    landing.start(store=proxy.url, **{"consumer.override.max.poll.interval.ms": "20000"})
    assert proxy.struck.wait(PATIENCE)
    landing.progress()

    proxy.release()
    until(lambda: proxy.outcome == TAKEN, "the second of two equal commits is refused")
    landing.progress()
    landing.settle()

    landing.verify()
